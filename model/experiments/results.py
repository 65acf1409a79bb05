"""Results read back: annual figures, differences from a baseline, bands over draws, the short table.

`difference` is the only place where a difference from a baseline is made; it is never stored.
Frames are tidy with the columns of results.parquet; `annual` puts `year` where `quarter` stood.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from model.axes import LAYER_NAMES, QUARTERS_PER_YEAR, SEGMENT_NAMES, SEGMENTS, WORLD
from model.errors import UsageError
from model.words import has_word, word

FLOW_UNITS = frozenset({"bn USD of 2018"})
"""Units of a quarter's flow, summed over a year; everything else is averaged."""
HORIZONS = (1, 5, 10)
BAND_DRAWS = 5
"""Fewest draws of which a band is shown; percentiles of fewer would be invented."""
BASELINE = "baseline"
"""What stands in the `stance` column of baseline rows."""
HEADLINE = "Real Income"
_CODES = {name: code for code, name in (*LAYER_NAMES.items(), *zip(SEGMENTS, SEGMENT_NAMES, strict=True))}


@dataclass(frozen=True)
class FigureContext:
    """What a figure, table or report must say about the runs it shows.

    scenario    NAME; its rows stand under NAME@STANCE for each of `stances` (none: under NAME)
    baseline    name of the baseline, said beside every number
    focus       region code
    years       calendar years of horizon 1, 5 and 10 (`horizon_years`)
    title       the scenario's title in `lang`
    hash        of the run
    seed, draws chance, and number of states of the world
    parameters  hash of the parameter set
    rate        won per dollar that a report is written in won at; 0: in dollars
    inputs      tables beside the results that some figures read, by name (`model.experiments.folder`)
    """

    scenario: str
    stances: tuple[str, ...]
    baseline: str
    focus: str
    years: tuple[int, ...]
    lang: str = "en"
    title: str = ""
    hash: str = ""
    version: str = ""
    seed: int = 0
    draws: int = 1
    parameters: str = ""
    rate: float = 0.0
    inputs: Mapping[str, pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def table(self, name: str) -> pd.DataFrame:
        """One of the inputs; an empty frame where the run has none of that name."""
        return self.inputs.get(name, pd.DataFrame())

    def cases(self) -> dict[str, str]:
        """Stance -> scenario label of its rows ('' -> NAME where a scenario has no stances)."""
        return {stance: f"{self.scenario}@{stance}" for stance in self.stances} or {"": self.scenario}

    def say(self, key: str, **fields: object) -> str:
        """A word of the ko/en table in this context's language."""
        return word(key, self.lang, **fields)

    def label(self, kind: str, code: str) -> str:
        """Name of a region, segment, layer, stance or ecosystem in this context's language."""
        return label(kind, code, self.lang)


def label(kind: str, code: str, lang: str) -> str:
    """Printed name of a code (or of a variable's part, 'AI Accelerators'); the code itself if it has none."""
    if kind == "stance" and not code:
        return word("stance.single", lang)
    for key in (f"{kind}.{code}", f"{kind}.{_CODES.get(code, code)}"):
        if has_word(key):
            return word(key, lang)
    return code.replace("_", " ")


def horizon_years(first_measure_start: float, horizons: Sequence[int] = HORIZONS) -> tuple[int, ...]:
    """Calendar years of the horizons (years; year 1 first).

    first_measure_start   date in years of the first measure that the baseline lacks; year 1 is the
                          first calendar year with at least two quarters under it (2022.75 -> 2023)
    """
    first_quarter = math.ceil(first_measure_start * QUARTERS_PER_YEAR - 1e-6)
    year, quarter = divmod(first_quarter, QUARTERS_PER_YEAR)
    return years_after(year if quarter <= 2 else year + 1, horizons)


def years_after(first_year: int, horizons: Sequence[int] = HORIZONS) -> tuple[int, ...]:
    """Calendar years of horizons counted from year 1: (2026, (1, 5, 10)) -> (2026, 2030, 2035)."""
    return tuple(first_year + horizon - 1 for horizon in horizons)


def annual(frame: pd.DataFrame) -> pd.DataFrame:
    """Annual figures of complete years: the sum of a flow, the mean of a level, share or index."""
    words = frame["quarter"].unique()
    years = frame["quarter"].map({quarter: int(str(quarter)[:4]) for quarter in words}).astype("int64")
    keys = [column for column in frame.columns if column not in ("quarter", "value")] + ["year"]
    grouped = frame.assign(year=years).groupby(keys, observed=True, sort=True)["value"]
    table = grouped.agg(["sum", "mean", "count"]).reset_index()
    value = np.where(table["unit"].isin(FLOW_UNITS), table["sum"], table["mean"])
    whole = table["count"] == QUARTERS_PER_YEAR
    return table.assign(value=value).loc[whole, [*keys, "value"]].reset_index(drop=True)


def difference(frame: pd.DataFrame, scenario: str, baseline: str, kind: str = "percent") -> pd.DataFrame:
    """Rows of a scenario minus those of its baseline, matched on draw, seed, region, variable and time.

    kind   'percent' (of the baseline's value; no row where that is zero) or 'level' (same unit;
           shares in percentage points)
    """
    if kind not in ("percent", "level"):
        raise UsageError(f"a difference is in 'percent' or in 'level', not {kind!r}")
    keys = [column for column in frame.columns if column not in ("scenario", "value")]
    base = frame.loc[frame["scenario"] == baseline, [*keys, "value"]]
    own = frame.loc[frame["scenario"] == scenario]
    pairs = own.merge(base, on=keys, suffixes=("", "_base"), validate="one_to_one")
    change = pairs["value"] - pairs["value_base"]
    unit = pairs["unit"].astype(object)
    if kind == "percent":
        pairs = pairs.assign(value=100.0 * change / pairs["value_base"].where(pairs["value_base"] != 0.0))
        unit = unit.mask(unit.notna(), "percent")
    else:
        pairs = pairs.assign(value=change)
        unit = unit.mask(unit.str.startswith("percent"), "percentage points")
    pairs = pairs.assign(unit=unit).dropna(subset=["value"])
    return pairs[list(frame.columns)].reset_index(drop=True)


def band(frame: pd.DataFrame) -> pd.DataFrame:
    """p10, median and p90 over draws, `central` (draw 0) and the number of `draws`, for every series and time."""
    keys = [column for column in frame.columns if column not in ("draw", "seed", "value")]
    grouped = frame.groupby(keys, observed=True, sort=True)
    value = grouped["value"]
    table = pd.DataFrame({"p10": value.quantile(0.1), "median": value.quantile(0.5), "p90": value.quantile(0.9)})
    central = frame[frame["draw"] == 0].groupby(keys, observed=True)["value"].mean()
    table = table.assign(central=central, draws=grouped["draw"].nunique())
    return table.reset_index()[[*keys, "central", "p10", "median", "p90", "draws"]]


def select(frame: pd.DataFrame, prefix: str, region: str | None = None) -> pd.DataFrame:
    """Rows whose variable is `prefix`, or begins with it where it ends in '|' or a space, of one region or of all."""
    names = [str(name) for name in frame["variable"].unique()]
    wanted = [name for name in names if (name.startswith(prefix) if prefix.endswith(("|", " ")) else name == prefix)]
    kept = frame["variable"].isin(wanted)
    return frame[kept] if region is None else frame[kept & (frame["region"] == region)]


def stance_differences(frame: pd.DataFrame, context: FigureContext, kind: str) -> pd.DataFrame:
    """Annual differences from the baseline by stance and draw (columns of `annual`, with `stance` first)."""
    yearly = annual(frame)
    parts = [
        difference(yearly, case, context.baseline, kind).assign(stance=stance)
        for stance, case in context.cases().items()
    ]
    return _stance_first(pd.concat(parts, ignore_index=True))


def stance_levels(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Annual levels of the baseline (stance 'baseline') and of every stance, by draw."""
    yearly = annual(frame)
    cases = {BASELINE: context.baseline, **context.cases()}
    parts = [yearly[yearly["scenario"] == case].assign(stance=stance) for stance, case in cases.items()]
    return _stance_first(pd.concat(parts, ignore_index=True))


def _stance_first(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `stance` as its first column and plain text in the text columns."""
    texts = dict.fromkeys(("scenario", "region", "variable", "unit"), str)
    return frame[["stance", *(column for column in frame.columns if column != "stance")]].astype(texts)


def headline_table(
    frame: pd.DataFrame, scenario: str, stances: Sequence[str], baseline: str, focus: str, years: Sequence[int]
) -> pd.DataFrame:
    """The short table: real income, difference from the baseline in percent, by stance and region.

    Rows are stance x (focus, USA, CHN); columns stance, region, draws, and for every year
    central_YEAR, p10_YEAR, p90_YEAR (percent; NaN where the results have no such year).
    """
    context = FigureContext(scenario, tuple(stances), baseline, focus, tuple(years))
    regions = tuple(dict.fromkeys((focus, "USA", "CHN")))
    rows = select(frame, HEADLINE)
    bands = band(stance_differences(rows[rows["region"].isin(regions)], context, "percent"))
    found = bands.set_index(["stance", "region", "year"])[["central", "p10", "p90", "draws"]]
    return pd.DataFrame([
        _headline_row(found, stance, region, years) for stance in context.cases() for region in regions
    ])  # fmt: skip


def _headline_row(found: pd.DataFrame, stance: str, region: str, years: Sequence[int]) -> dict[str, object]:
    """One row of the short table from bands indexed by stance, region and year."""
    picked = found.reindex([(stance, region, year) for year in years])
    draws = picked["draws"].max()
    row: dict[str, object] = {"stance": stance, "region": region, "draws": 0 if pd.isna(draws) else int(draws)}
    for year, values in zip(years, picked.itertuples(index=False), strict=True):
        row |= {f"{name}_{year}": float(getattr(values, name)) for name in ("central", "p10", "p90")}
    return row


def headline_cells(table: pd.DataFrame, lang: str, digits: int = 2) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the short table as text, ready for a terminal or a page."""
    years = [int(name.removeprefix("central_")) for name in table.columns if str(name).startswith("central_")]
    header = [word("table.stance", lang), word("table.region", lang)]
    header += [word("table.year", lang, year=year, number=year - years[0] + 1) for year in years]
    rows = [
        [label("stance", str(row["stance"]), lang), label("region", str(row["region"]), lang)]
        + [_cell(row, year, digits, lang) for year in years]
        for row in table.to_dict("records")
    ]
    return header, rows


def _cell(row: dict[Hashable, Any], year: int, digits: int, lang: str) -> str:
    """Central value with its band in one cell: '−0.31 (−0.45 to −0.20)'."""
    central, low, high = (float(row[f"{name}_{year}"]) for name in ("central", "p10", "p90"))
    middle = signed(central, digits)
    if int(row["draws"]) < BAND_DRAWS or math.isnan(low):
        return middle
    return f"{middle} ({word('table.band', lang, low=signed(low, digits), high=signed(high, digits))})"


def headline_caption(table: pd.DataFrame, lang: str, scenario: str, baseline: str) -> list[str]:
    """Two lines that say what the short table holds: measure, unit, baseline; central value, band, draws."""
    draws = int(table["draws"].max()) if len(table) else 0
    spread = "table.note" if draws >= BAND_DRAWS else "table.note_single"
    return [word("table.title", lang, scenario=scenario, baseline=baseline), word(spread, lang, draws=draws)]


def render_headline(table: pd.DataFrame, lang: str, scenario: str, baseline: str) -> str:
    """The short table as aligned plain text for a terminal (East Asian wide characters count two)."""
    header, rows = headline_cells(table, lang)
    shown = [["" if i == 0 and k and rows[k][0] == rows[k - 1][0] else cell for i, cell in enumerate(row)]
             for k, row in enumerate(rows)]  # fmt: skip
    widths = [max(display_width(cell) for cell in column) for column in zip(header, *shown, strict=True)]
    lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in (header, *shown)]  # fmt: skip
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    note = ["", word("table.outside", lang)] if outside_band(table) else []
    return "\n".join([*headline_caption(table, lang, scenario, baseline), "", lines[0], rule, *lines[1:], *note]) + "\n"


def outside_band(table: pd.DataFrame) -> bool:
    """Whether a central value of the short table lies outside a band that is shown, as two decimals show it."""
    table = table[table["draws"] >= BAND_DRAWS]
    years = [str(name).removeprefix("central_") for name in table.columns if str(name).startswith("central_")]
    ends = ((table[f"central_{y}"].round(2), table[f"p10_{y}"].round(2), table[f"p90_{y}"].round(2)) for y in years)
    return any(bool(((central < low) | (central > high)).any()) for central, low, high in ends)


def display_width(text: str) -> int:
    """Columns a text takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign, minus as U+2212; '–' where it is not known, no sign on zero."""
    if math.isnan(value):
        return "–"
    text = f"{value:+,.{digits}f}"
    return text[1:] if float(text.replace(",", "")) == 0.0 else text.replace("-", "−")


def plain(value: float, digits: int = 0) -> str:
    """A level, minus as U+2212; '–' where it is not known."""
    return "–" if math.isnan(value) else f"{value:,.{digits}f}".replace("-", "−")


def last_horizon(data: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """Rows of the last horizon year that the data reach (or of their last year)."""
    held = set(data["year"])
    reached = [year for year in years if year in held] or [int(data["year"].max())]
    return data[data["year"] == reached[-1]]


def beyond_baseline(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows of the stances with `base`, the baseline's central value of the same `by`; unmatched rows left out."""
    base = rows[rows["stance"] == BASELINE].set_index(by)["central"]
    own = rows[rows["stance"] != BASELINE]
    return own.assign(base=own[by].map(base.to_dict()).astype("float64")).dropna(subset=["central", "base"])


def place_of(frame: pd.DataFrame) -> str:
    """The region a world-wide series stands under: World, or the first region that has it ('' if none)."""
    regions = sorted({str(region) for region in frame["region"].unique()})
    return WORLD if WORLD in regions else next(iter(regions), "")
