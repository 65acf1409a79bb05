"""docs/headline.csv: Korea, USA and China by scenario and stance, made by this script and by nothing else.

`python -m model.experiments.headline` runs the scenarios below with default draws. A change of the model that moves the
file says why in CHANGELOG.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

from model.experiments.run import RunRequest, run_scenario
from model.scenario.resolve import load_baseline, load_scenario

SCENARIOS = ("blocs", "blocs_all_goods", "chip_controls")
"""Those that the pages quote; the library has more."""
COLUMNS = ("scenario", "baseline", "stance", "region", "year", "central_percent", "p10_percent", "p90_percent", "draws")


def headline_rows(draws: int = 20) -> list[list[str]]:
    """Rows of the file: real income, difference from the baseline in percent, annual means."""
    rows: list[list[str]] = []
    for name in SCENARIOS:
        scenario = load_scenario(name)
        baseline = load_baseline(scenario)
        if baseline is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            request = RunRequest(scenario, baseline, None, draws, 0, None, Path(folder), figures=False)
            table = run_scenario(request).table
        years = [int(c.removeprefix("central_")) for c in table.columns if str(c).startswith("central_")]
        for row in table.to_dict("records"):
            for year in years:
                values = [f"{row[f'{kind}_{year}']:.3f}" for kind in ("central", "p10", "p90")]
                rows.append([name, baseline.name, str(row["stance"]), str(row["region"]), str(year), *values, str(row["draws"])])
    return rows


def write_headline(path: Path, draws: int = 20) -> None:
    """Write the file."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(headline_rows(draws))


if __name__ == "__main__":
    write_headline(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/headline.csv"))
