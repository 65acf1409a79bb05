"""`verify`: what a referee asks for, as tables: limit cases, elasticities, Korea's split, a forced fall, published work.

Nothing here knows an outcome: every figure is run, every published one is read from calibration/published.yaml.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from calibration.registry import central
from calibration.world import elasticities
from model.axes import REGION_INDEX, SEGMENTS
from model.errors import ModelError
from model.experiments.published import Published, published
from model.experiments.verify_limits import MOST_QUARTERS, LimitCase, limit_cases, limit_setting
from model.experiments.verify_runs import (
    FALL_YEARS,
    FOCUS,
    SHOCKS,
    Elasticity,
    Fall,
    Levers,
    Split,
    chip_fall,
    effect,
    elasticity_rows,
    link_shock,
    split_rows,
    with_baseline,
)
from model.experiments.verify_stances import HORIZON_OF, SignRow, StanceRow, sign_rows, stance_rows
from model.kernel.equilibrium import StaticWedges, solve_static
from model.kernel.table import BaseTable
from model.scenario.story import Block
from model.scenario.types import Scenario
from model.words import word

WAYS_IN: tuple[Levers, ...] = (("flexible",), ("elastic",), ("unsmoothed",))
"""Sets of levers tried in this order where ours lies outside, until one is inside.

Spending at once comes last: its paths swing, so that a single year of them says little.
"""


@dataclass(frozen=True)
class Comparison:
    """A published band, ours, and what was tried where ours is outside: (levers or 'static', value) in order."""

    published: Published
    ours: float
    tried: tuple[tuple[str, float], ...]

    @property
    def inside(self) -> bool:
        """Whether ours lies in the band."""
        return self.published.holds(self.ours)


@dataclass(frozen=True)
class LayerRow:
    """Static real income, percent, when one segment ('' for all) is cut: by LAYER_COLUMNS."""

    segment: str
    values: tuple[float, ...]


@dataclass
class Verification:
    """All tables; those not asked for are empty."""

    limits: list[LimitCase]
    elasticities: list[Elasticity] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    fall: Fall | None = None
    stances: list[StanceRow] = field(default_factory=list)
    signs: list[SignRow] = field(default_factory=list)
    layers: list[LayerRow] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every limit case is within its tolerance; published figures are no criterion."""
        return all(case.ok for case in self.limits)


def verify(quick: bool = False, say: Callable[[str], None] = lambda part: None) -> Verification:
    """Run everything; `quick`: the fast limit cases only. `say` hears the name of each part before it starts."""
    started = time.time()
    say("limits")
    found = Verification(limit_cases(quick))
    if not quick:
        say("elasticities")
        found.elasticities = elasticity_rows()
        say("split")
        found.splits = split_rows()
        say("fall")
        found.fall = chip_fall()
        say("stances")
        found.stances = stance_rows()
        say("signs")
        found.signs = sign_rows()
        say("layers")
        found.layers = layer_rows()
        say("published")
        found.comparisons = [compare(p) for p in published() if p.banded]
    found.seconds = time.time() - started
    return found


# -- published work ------------------------------------------------------------------------------------
def _chips(p: Published, levers: Levers) -> float:
    fall = chip_fall(levers)
    return (fall.gdp if p.measure == "GDP" else fall.income)[FALL_YEARS.index(p.horizon)]


def _blocs(name: str, stance: str, first: Levers = ()) -> Callable[[Published, Levers], float]:
    def ours(p: Published, levers: Levers) -> float:
        return effect(name, stance, p.region, p.horizon, tuple(dict.fromkeys(first + levers)))

    return ours


OURS: dict[str, Callable[[Published, Levers], float]] = {
    "chips": _chips,
    "tariff": lambda p, levers: link_shock("tariff", levers, p.horizon),
    "japan": lambda p, levers: link_shock("japan", levers, p.horizon),
    "align_us": _blocs("blocs", "align_us"),
    "align_us_plain": _blocs("blocs", "align_us", ("no_technology",)),
    "hedge": _blocs("blocs", "hedge"),
    "all_goods": _blocs("blocs_all_goods", "align_us"),
    "all_goods_plain": _blocs("blocs_all_goods", "align_us", ("no_technology",)),
}
"""Run of ours by name: (published row, levers) -> percent."""
STATIC: dict[str, tuple[str, str]] = {
    "align_us": ("blocs", "align_us"), "align_us_plain": ("blocs", "align_us"), "hedge": ("blocs", "hedge"),
    "all_goods": ("blocs_all_goods", "align_us"), "all_goods_plain": ("blocs_all_goods", "align_us"),
}  # fmt: skip
"""Scenario and stance of the static limit of a run, where it has one."""


def compare(p: Published) -> Comparison:
    """Ours beside a published band; where it is outside, ways in until one is inside, and the static limit if it has one."""
    ours, tried = solved(p, ()), []
    if not p.holds(ours):
        for levers in WAYS_IN:
            tried.append((" + ".join(levers), solved(p, levers)))
            if p.holds(tried[-1][1]):
                break
        if p.run in STATIC:
            tried.append(("static", static_blocs(*STATIC[p.run])[REGION_INDEX[p.region]]))
        if p.run in SHOCKS:
            tried.append(("static", static_shock(p.run)[REGION_INDEX[p.region]]))
    return Comparison(p, ours, tuple(tried))


def solved(p: Published, levers: Levers) -> float:
    """Ours, percent; NaN where the run has no solution."""
    try:
        return OURS[p.run](p, levers)
    except ModelError:
        return float("nan")


STANCE_RUN: dict[tuple[str, str, str], str] = {
    ("blocs", "on", "align_us"): "align_us", ("blocs", "off", "align_us"): "align_us_plain",
    ("blocs", "on", "hedge"): "hedge", ("blocs", "off", "hedge"): "hedge",
    ("blocs_all_goods", "on", "align_us"): "all_goods", ("blocs_all_goods", "off", "align_us"): "all_goods_plain",
}  # fmt: skip
"""Scenario, technology and stance -> the run that published rows name."""


@cache
def static_blocs(name: str, stance: str, segments: tuple[str, ...] = SEGMENTS[:-1]) -> tuple[float, ...]:
    """Real income [R], percent, of the static limit: these segments cut between the two blocs, `rest` at its barrier."""
    table, scenario = limit_setting().economy.table, with_baseline(name)[0]
    side = np.zeros(table.regions, int)
    for label, bloc in enumerate(list(scenario.blocs)[:2], 1):
        side[[REGION_INDEX[r] for r in scenario.members(bloc, stance)]] = label
    here, there = side[table.location], side[np.concatenate([table.location, np.arange(table.regions)])]
    across = (here[:, None] * there[None] > 0) & (here[:, None] != there[None])
    cut = np.isin(table.segment, [SEGMENTS.index(s) for s in segments])[:, None]
    rest = (table.segment == len(SEGMENTS) - 1)[:, None]
    neutral = StaticWedges.neutral(table)
    tau = np.where(across & rest, 1 + barrier(scenario), 1.0)
    return _static_income(table, replace(neutral, denied=neutral.denied | (across & cut), tau=tau))


LAYER_COLUMNS = (("KOR", "align_us"), ("KOR", "hedge"), ("KOR", "align_cn"), ("CHN", "align_us"), ("USA", "align_us"))
"""Region and stance of the columns of the table by segment."""


def layer_rows() -> list[LayerRow]:
    """The static limit of `blocs` with one segment cut at a time, and with all."""
    technology = SEGMENTS[:-1]
    found = [(s, {stance: static_blocs("blocs", stance, (s,)) for _, stance in LAYER_COLUMNS}) for s in technology]
    found.append(("", {stance: static_blocs("blocs", stance) for _, stance in LAYER_COLUMNS}))
    return [LayerRow(s, tuple(by[stance][REGION_INDEX[r]] for r, stance in LAYER_COLUMNS)) for s, by in found]


def barrier(scenario: Scenario) -> float:
    """Largest barrier of a scenario's tariffs at the end of their paths (0: none)."""
    paths = [m.levers["barrier"] for m in scenario.measures if "barrier" in m.levers]
    return max((float(p.at(np.inf)) for p in paths), default=0.0)  # type: ignore[arg-type]  # a number by its schema


def static_shock(kind: str) -> tuple[float, ...]:
    """Real income [R], percent, of the static limit of a partial shock; a denied share n is an iceberg (1-n)^(-1/sigma).

    That iceberg lowers the flow by n at given price indices.
    """
    setting, (segments, origin, target, _, duty, denial) = limit_setting(), SHOCKS[kind]
    table, sigma = setting.economy.table, elasticities(central()).sigma
    made = (table.location == REGION_INDEX[origin]) & np.isin(table.segment, [SEGMENTS.index(s) for s in segments])
    hit = made[:, None] & (np.concatenate([table.location, np.arange(table.regions)]) == REGION_INDEX[target])[None]
    cost = ((1 - denial) ** (-1 / sigma[table.segment]))[:, None]
    neutral = StaticWedges.neutral(table)
    return _static_income(table, replace(neutral, tau=np.where(hit, cost, 1.0), tariff=neutral.tariff + duty * hit))


def _static_income(table: BaseTable, wedges: StaticWedges) -> tuple[float, ...]:
    """Change of real income [R], percent."""
    e = elasticities(central())
    found = solve_static(table, e.sigma, e.eta, wedges, eta_final=e.eta_final)
    return tuple((100 * (found.real_income_change - 1)).tolist())


def write_published(found: Verification, folder: Path) -> Path:
    """published.csv: ours beside every published band, for the figure `published` of a run's folder."""
    rows = [
        {"study": c.published.study, "run": c.published.run, "region": c.published.region, "measure": c.published.measure,
         "horizon": c.published.horizon, "low": c.published.low, "high": c.published.high, "ours": c.ours}
        for c in found.comparisons
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / "published.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    return folder / "published.csv"


# -- tables --------------------------------------------------------------------------------------------
def blocks(found: Verification, lang: str = "en") -> list[Block]:
    """All tables with their headings and notes, in a language."""
    parts = [Block("title", word("verify.title", lang)), *_table("limits", _limit_cells(found.limits, lang), lang)]
    if found.elasticities:
        parts += _table("elasticities", [_elasticity_cells(r, lang) for r in found.elasticities], lang)
    if found.splits:
        parts += _table("split", [(r.stance, str(r.year), *map(_signed, (r.income, r.volume, r.rest))) for r in found.splits], lang)
    if found.fall:
        note = {"denial": f"{100 * found.fall.denial:.2f}", "volume": f"{100 * found.fall.volume:.2f}"}
        parts += _table("fall", _fall_cells(found.fall, lang), lang, **note)
    if found.stances:
        parts += _table("stances", [_stance_cells(r, lang) for r in found.stances], lang)
    if found.signs:
        parts += _table("signs", [_sign_cells(r, lang) for r in found.signs], lang)
    if found.layers:
        parts += _table("layers", [_layer_cells(r, lang) for r in found.layers], lang)
    if found.comparisons:
        parts += _table("published", [_comparison_cells(c, lang) for c in found.comparisons], lang)
        runs = dict.fromkeys(c.published.run for c in found.comparisons)
        parts.append(Block("list", "", (), tuple((f"{r}: {word(f'verify.differs.{r}', lang)}",) for r in runs)))
    key = "verify.all_ok" if found.ok else "verify.not_ok"
    bad = ", ".join(word(f"verify.case.{c.name}", lang) for c in found.limits if not c.ok)
    return [*parts, Block("paragraph", word(key, lang, seconds=f"{found.seconds:.0f}", cases=len(found.limits), names=bad))]


COLUMNS = {
    "limits": "case expected found difference tolerance quarters ok",
    "elasticities": "segment flow share impact one five e1 sigma",
    "split": "stance year income volume rest",
    "fall": "who y1 y2 y3 y5 y10 multiplier",
    "stances": "scenario technology stance y1 y5 y10 theirs inside",
    "signs": "sides central short long",
    "layers": "segment kor_with kor_outside kor_china chn usa",
    "published": "study scenario region horizon theirs ours inside way_in",
}


def _table(name: str, rows: list[tuple[str, ...]], lang: str, **fields: str) -> list[Block]:
    header = tuple(word(f"verify.column.{c}", lang) for c in COLUMNS[name].split())
    note = Block("paragraph", word(f"verify.note.{name}", lang, **fields))
    return [Block("heading", word(f"verify.heading.{name}", lang)), Block("table", "", header, tuple(rows)), note]


def _signed(value: float) -> str:
    return f"{value:+.2f}"


def _limit_cells(cases: list[LimitCase], lang: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for c in cases:
        quarters = "-" if not c.quarters else f"{c.quarters} ({MOST_QUARTERS})"
        numbers = (f"{c.expected[c.worst]:.10f}", f"{c.found[c.worst]:.10f}", f"{c.difference:.1e}", f"{c.tolerance:.0e}")
        rows.append((word(f"verify.case.{c.name}", lang), *numbers, quarters, _yes(c.ok, lang)))
    return rows


def _yes(value: bool, lang: str) -> str:
    return word("verify.yes" if value else "verify.no", lang)


def _elasticity_cells(r: Elasticity, lang: str) -> tuple[str, ...]:
    name, flow = word(f"segment.{r.segment}", lang), f"{r.origin}->{r.target}"
    return (name, flow, f"{100 * r.share:.0f}", *(f"{v:.2f}" for v in r.values), f"{r.first_year:.2f}", f"{r.sigma:.2f}")


def _fall_cells(fall: Fall, lang: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(word("verify.ours.gdp", lang), *map(_signed, fall.gdp), f"{fall.multiplier:.3f}")]
    rows.append((word("verify.ours.income", lang), *map(_signed, fall.income), "-"))
    single = [p for p in published() if p.multiplier is not None]
    return rows + [(p.study, _signed(p.low), *["-"] * (len(FALL_YEARS) - 1), f"{p.multiplier:.3f}") for p in single]


def _stance_cells(r: StanceRow, lang: str) -> tuple[str, ...]:
    """A stance with the published band of its tenth year, where there is one."""
    band = next((p for p in published() if p.run == STANCE_RUN.get((r.scenario, r.technology, r.stance)) and p.region == FOCUS), None)
    theirs = f"{band.low:+.2f}..{band.high:+.2f}" if band else "-"
    place = word("verify.inside" if band and band.holds(r.values[-1]) else "verify.outside", lang) if band else "-"
    names = (r.scenario, word(f"verify.technology.{r.technology}", lang), r.stance)
    return (*names, *(_solved(v, lang) for v in r.values), theirs, place)


def _sign_cells(r: SignRow, lang: str) -> tuple[str, ...]:
    return (word(f"verify.sides.{r.sides}", lang), *(_solved(v, lang) for v in r.values))


def _layer_cells(r: LayerRow, lang: str) -> tuple[str, ...]:
    return (word(f"segment.{r.segment}" if r.segment else "verify.all_segments", lang), *map(_signed, r.values))


def _solved(value: float, lang: str) -> str:
    return _signed(value) if np.isfinite(value) else word("verify.unsolved", lang)


def _comparison_cells(c: Comparison, lang: str) -> tuple[str, ...]:
    p = c.published
    way = "; ".join(f"{_lever_names(n, lang)}: {_signed(v)}{'' if p.holds(v) else ' ' + word('verify.still', lang)}" for n, v in c.tried)
    theirs = f"{p.low:+.2f}..{p.high:+.2f}"
    place = word("verify.inside" if c.inside else "verify.outside", lang)
    return (p.study, p.scenario[lang], f"{p.region} {p.measure}", str(p.horizon), theirs, f"{_signed(c.ours)} ({p.run})", place, way or "-")


def _lever_names(names: str, lang: str) -> str:
    return " + ".join(word(f"verify.lever.{n}", lang) for n in names.split(" + "))


def _number(value: float) -> float | None:
    """A number for JSON; None where a run has no solution."""
    return value if np.isfinite(value) else None


def data(found: Verification) -> dict[str, Any]:
    """All tables as plain data for JSON."""
    limits = [
        {"name": c.name, "expected": c.expected[c.worst], "found": c.found[c.worst], "difference": c.difference,
         "tolerance": c.tolerance, "quarters": c.quarters, "ok": c.ok} for c in found.limits
    ]  # fmt: skip
    return {
        "ok": found.ok, "seconds": round(found.seconds, 1), "limits": limits,
        "elasticities": [asdict(r) for r in found.elasticities],
        "split": [asdict(r) | {"rest": r.rest} for r in found.splits],
        "stances": [asdict(r) | {"values": [_number(v) for v in r.values]} for r in found.stances],
        "signs": [{"sides": r.sides} | dict(zip(HORIZON_OF, map(_number, r.values), strict=True)) for r in found.signs],
        "layers": [asdict(r) for r in found.layers],
        "fall": asdict(found.fall) | {"multiplier": found.fall.multiplier} if found.fall else None,
        "published": [
            asdict(c) | {"ours": _number(c.ours), "tried": [(n, _number(v)) for n, v in c.tried], "inside": c.inside}
            for c in found.comparisons
        ],
    }  # fmt: skip
