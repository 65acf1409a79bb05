"""Decomposition of the focus region's real-income difference by channel: Shapley values of groups of wedge cells (E26).

The channels partition the cells of all wedges (model/wedges.py). A coalition is a run in which the wedges of its
channels act as in the scenario and all others as in the baseline, with the same draw and seed. A coalition collects the
wedges of both scenarios anew each quarter, from what their states decided in the scenarios' own runs: they do not react again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.axes import quarter_start
from model.experiments.cases import Case, Failure, Shards, run_cases
from model.experiments.results import HEADLINE, FigureContext, display_width, select, signed, stance_levels
from model.experiments.workers import Pool
from model.outcomes import Key, Recording
from model.scenario.types import REACTIVE, Scenario
from model.wedges import CHANNELS, moved_channels

if TYPE_CHECKING:
    from model.simulation import Held

Array = NDArray[np.float64]
Coalition = frozenset[str]

MOST_DRAWS = 3
"""Draws decomposed at most: a draw costs up to 2^5 runs a stance."""
REST = "Demand"
"""What the channels together leave: demand and diversion that no wedge of the scenario moves. Zero without overrides."""
PREFIX = "Welfare Channel|"
UNIT = "percent of baseline real income"
TOTAL = "total"


@dataclass
class Decomposition:
    """What came of it: recordings with the channels' rows added, coalitions run and failed, draws decomposed."""

    recordings: list[Recording]
    runs: int = 0
    failures: list[Failure] = field(default_factory=list)
    draws: tuple[int, ...] = ()


def shapley(players: Sequence[str], value: Mapping[Coalition, Array]) -> dict[str, Array]:
    """Shapley value of each player from the value of every coalition: its mean contribution over all orders."""
    count, found = len(players), dict[str, Array]()
    for player in players:
        others = [p for p in players if p != player]
        total = np.zeros_like(value[frozenset()])
        for group in (frozenset(g) for size in range(count) for g in combinations(others, size)):
            weight = factorial(len(group)) * factorial(count - 1 - len(group)) / factorial(count)
            total = total + weight * (value[group | {player}] - value[group])
        found[player] = total
    return found


def coalitions(channels: Sequence[str]) -> list[Coalition]:
    """All coalitions of these channels but the full one, which is the scenario's own run; none first."""
    return [frozenset(group) for size in range(len(channels)) for group in combinations(channels, size)]


def active_channels(case: Case, baseline: Scenario) -> tuple[str, ...]:
    """Channels in which the scenario's wedges differ from the baseline's in any quarter; the others need no runs."""
    from model.simulation import Decoupling  # heavy: only where a run is decomposed
    from model.stages.orders import collect_wedges, wedges_otherwise
    from model.stages.respond import decide_states

    model = Decoupling(
        case.scenario, case.stance, case.draw, case.seed, channels=frozenset(), otherwise=baseline, held=case.held
    )  # fmt: skip
    setting, found = model.setting, frozenset[str]()
    for year in (quarter_start(quarter) for quarter in model.quarters):
        own = collect_wedges(setting, year, decide_states(setting, year))
        found |= moved_channels(own, wedges_otherwise(setting, year))
    return tuple(channel for channel in CHANNELS if channel in found)


def held_decisions(case: Case, baseline: Scenario) -> Held | None:
    """What the states decided in the case's own run and in its baseline's; None where none of them reacts."""
    if not any(REACTIVE in scenario.states.values() for scenario in (case.scenario, baseline)):
        return None
    from model.simulation import Decoupling

    own = Decoupling(case.scenario, case.stance, case.draw, case.seed)
    return own.decisions(), Decoupling(baseline, None, case.draw, case.seed).decisions()


def coalition_case(case: Case, channels: Coalition, baseline: Scenario) -> Case:
    """The run of a coalition, named as in 'blocs@hedge [Trade, Inputs]'."""
    name = f"{case.name} [{', '.join(c for c in CHANNELS if c in channels)}]"
    return replace(case, name=name, channels=channels, otherwise=baseline, record=None)


def decompose(
    cases: Sequence[Case], recordings: Sequence[Recording], baseline: Scenario, workers: int | Pool = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Decomposition:  # fmt: skip
    """Recordings of the scenario's cases with the rows of E26; a case of which any run failed gets none."""
    held = {(r.scenario, r.draw): r for r in recordings}
    draws = tuple(sorted({c.draw for c in cases})[:MOST_DRAWS])
    wanted = [c for c in cases if c.name != baseline.name and c.draw in draws]
    wanted = [c for c in wanted if {(c.name, c.draw), (baseline.name, c.draw)} <= set(held)]
    wanted = [replace(c, held=held_decisions(c, baseline)) for c in wanted]
    active = {(c.name, c.draw): active_channels(c, baseline) for c in wanted}
    planned = [coalition_case(c, group, baseline) for c in wanted for group in coalitions(active[c.name, c.draw])]
    shards = run_cases(planned, workers, progress) if planned else Shards()
    runs = {(r.scenario, r.draw): r for r in shards.recordings}
    for case in wanted:
        own = held[case.name, case.draw]
        value = coalition_values(case, active[case.name, case.draw], own, runs, baseline)
        if value is not None:
            base = real_income(held[baseline.name, case.draw], case.scenario.focus)
            held[case.name, case.draw] = with_channels(own, case.scenario.focus, value, base)
    return Decomposition([held[r.scenario, r.draw] for r in recordings], len(planned), shards.failures, draws)


def coalition_values(
    case: Case, channels: Sequence[str], own: Recording, runs: Mapping[tuple[str, int], Recording], baseline: Scenario
) -> dict[Coalition, Array] | None:
    """Real income of the focus [t] in every coalition; None if a run is missing."""
    focus = case.scenario.focus
    names = {group: coalition_case(case, group, baseline).name for group in coalitions(channels)}
    if any((name, case.draw) not in runs for name in names.values()):
        return None
    value = {group: real_income(runs[name, case.draw], focus) for group, name in names.items()}
    return value | {frozenset(channels): real_income(own, focus)}


def real_income(recording: Recording, region: str) -> Array:
    """Real income of a region [t]."""
    row = next(i for i, key in enumerate(recording.keys) if key[:2] == (region, HEADLINE))
    return np.asarray(recording.values[row], float)


def channel_effects(value: Mapping[Coalition, Array], base: Array) -> dict[str, Array]:
    """Effect of every channel [t], the rest included; they add up to the difference from the baseline (E26)."""
    active = max(value, key=len)
    found = shapley([c for c in CHANNELS if c in active], value)
    return {c: found.get(c, np.zeros_like(base)) for c in CHANNELS} | {REST: value[frozenset()] - base}


def with_channels(recording: Recording, focus: str, value: Mapping[Coalition, Array], base: Array) -> Recording:
    """A recording with its channels' rows: percent of the baseline's real income of the same year.

    The year's mean is the denominator, so the mean of a year's rows adds up to its headline difference exactly.
    """
    years = np.array([quarter[:4] for quarter in recording.quarters])
    mean = np.array([base[years == year].mean() for year in years])
    rows: dict[Key, Array] = dict(zip(recording.keys, recording.values, strict=True))
    for channel, effect in channel_effects(value, base).items():
        rows[focus, PREFIX + channel, UNIT] = 100.0 * effect / mean
    keys = tuple(sorted(rows))
    return replace(recording, keys=keys, values=np.array([rows[key] for key in keys]))


def channel_table(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Central value, lowest and highest over draws, by stance, channel (and their total) and horizon year."""
    rows = stance_levels(select(frame, PREFIX, context.focus), context)
    rows = rows[rows["year"].isin(context.years)].assign(channel=lambda r: r["variable"].str.removeprefix(PREFIX))
    keys = ["stance", "draw", "year"]
    total = rows.groupby(keys, as_index=False)["value"].sum().assign(channel=TOTAL)
    both = pd.concat([rows[[*keys, "channel", "value"]], total], ignore_index=True)
    grouped = both.groupby(["stance", "channel", "year"])["value"]
    found = grouped.agg(low="min", high="max", draws="count")
    central = both[both["draw"] == 0].groupby(["stance", "channel", "year"])["value"].mean()
    return pd.DataFrame(found.assign(central=central))


def render_channels(frame: pd.DataFrame, context: FigureContext) -> str:
    """The decomposition as aligned plain text: channels by stance and horizon year, with the range over draws."""
    table = channel_table(frame, context)
    years = [year for year in context.years if year in set(table.index.get_level_values("year"))]
    header = [context.say("table.stance"), context.say("channels.channel")]
    header += [context.say("table.year", year=year, number=year - context.years[0] + 1) for year in years]
    rows = [
        [context.label("stance", stance) if channel == CHANNELS[0] else "", context.label("channel", channel)]
        + [_cell(table, (stance, channel, year), context) for year in years]
        for stance in context.cases() for channel in (*CHANNELS, REST, TOTAL) if (stance, channel, years[0]) in table.index
    ] if years else []  # fmt: skip
    widths = [max(display_width(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    lines = ["  ".join(cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in (header, *rows)]  # fmt: skip
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([*_caption(table, context), "", lines[0], rule, *lines[1:]]) + "\n"


def _caption(table: pd.DataFrame, context: FigureContext) -> list[str]:
    """Two lines: what the table holds, and of which draws."""
    draws = int(table["draws"].max()) if len(table) else 0
    names = {"scenario": context.scenario, "baseline": context.baseline}
    title = context.say("channels.title", region=context.label("region", context.focus), **names)
    note = "channels.note" if draws > 1 else "channels.note_single"
    return [title, context.say(note, draws=draws, of=context.draws)]


def _cell(table: pd.DataFrame, key: tuple[str, str, int], context: FigureContext) -> str:
    """'−0.31 (−0.45 to −0.20)'; the central value alone where there is one draw."""
    if key not in table.index:
        return "–"
    row = list(table.index).index(key)
    central, low, high = (signed(float(table[name].to_numpy()[row])) for name in ("central", "low", "high"))
    several = int(table["draws"].to_numpy()[row]) > 1
    return f"{central} ({context.say('table.band', low=low, high=high)})" if several else central
