"""Office files with the same bytes every time: the zip is written again with one fixed date."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

WHEN = (2018, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def freeze(held: BytesIO, path: Path) -> None:
    """Write a finished zip in memory to a path; every date in it is WHEN."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held.seek(0)
    with zipfile.ZipFile(held) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = _STAMP.sub(rb"\g<1>2018-01-01T00:00:00Z\g<2>", old.read(name))
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 0
            new.writestr(entry, data)
