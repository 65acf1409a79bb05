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
            put(new, name, _STAMP.sub(rb"\g<1>2018-01-01T00:00:00Z\g<2>", old.read(name)))


def put(package: zipfile.ZipFile, name: str, data: bytes, stored: bool = False) -> None:
    """One part of a package, dated WHEN; `stored` leaves it uncompressed."""
    entry = zipfile.ZipInfo(name, WHEN)
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    entry.external_attr, entry.create_system = 0o600 << 16, 0
    package.writestr(entry, data)
