"""Made-up data for every kind of figure: results of runs, tables beside them, tables of the other commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from model.axes import SEGMENT_NAMES, quarter_labels, quarter_start
from model.experiments import results, store
from model.experiments.answer_boxes import box_table
from model.experiments.discovery import balanced, trajectory
from model.experiments.question import title_of
from model.experiments.results import FigureContext
from model.experiments.robustness import regret, strategy_table
from model.experiments.sensitivity import Sample, cells, tornado
from model.figures import figure_variables
from model.outcomes import Key, Recording
from tests.folders import uniform

QUARTERS = quarter_labels("2018Q1", "2035Q4")
FLOW = "bn USD of 2018"
STANCES = ("align_us", "hedge", "align_cn")
STRENGTH = {"status_quo": 0.0, "align_us": 1.0, "hedge": 0.35, "align_cn": 0.8}


def series(stance: str, draw: int) -> dict[Key, np.ndarray]:
    """Made-up levels of every variable the figures read: smooth growth and a shock from 2026 on."""
    noise = np.random.default_rng(draw).normal(size=8) if draw else np.zeros(8)
    years = np.array([quarter_start(quarter) for quarter in QUARTERS])
    shock = np.where(years >= 2026, 1 - 0.7 * np.exp((2026 - years) / 3), 0.0) * STRENGTH[stance] * (1 + 0.3 * noise[0])
    growth = 1 + 0.025 * (years - 2018)
    found: dict[Key, np.ndarray] = {
        (region, "Real Income", "index"): growth * (1 - size * shock * (1 + 0.3 * noise[1]))
        for region, size in (("KOR", 0.011), ("USA", 0.004), ("CHN", 0.02))
    }
    for place, segment in enumerate(SEGMENT_NAMES):
        size = 300.0 if segment == "Rest" else 2.0 + place
        found["KOR", f"Value Added|{segment}", FLOW] = (
            size * growth * (1 - shock * (0.2 if segment == "Memory" else -0.02))
        )
    for place, layer in enumerate(("Chips", "Devices", "OS", "Open Source", "Platforms", "AI Apps", "Rest")):
        found["World", f"Bloc Index|{layer}", "index"] = 0.1 * place - 0.05 + (0.5 - 0.05 * place) * shock
    for place, region in enumerate(("USA", "CHN", "TWN", "JPN", "EUR", "SEA", "ROW")):
        drop = 0.3 if region == "CHN" else 0.0
        found["KOR", f"Exports|to {region}", FLOW] = (10.0 + 5 * place) * growth * (1 - drop * shock)
        found["KOR", f"Exports Share|Chips|to {region}", "percent"] = (10 + place) * (1 - drop * shock)
    harmony = np.where(years < 2019.5, np.nan, np.clip(5 * (years - 2019), 0, 45) + 15 * shock)
    found["CHN", "Ecosystem Share|OS|harmony", "percent"] = harmony
    for name, share in (("android", 0.72), ("ios", 0.2), ("windows", 0.08)):
        found["CHN", f"Ecosystem Share|OS|{name}", "percent"] = share * (100 - np.nan_to_num(harmony))
    for place, channel in enumerate(("Trade", "Inputs", "Knowledge", "Networks", "Policy Cost", "Demand")):
        for region in ("KOR", "CHN"):
            found[region, f"Welfare Channel|{channel}", "percent of baseline real income"] = (0.4 * place - 1) * shock
    for place, segment in enumerate(("Equipment", "Foundry", "Memory")):
        for region in ("KOR", "USA", "CHN"):
            gap = (3.0 if region == "CHN" else 0.5) + (place - 0.8) * shock * (region == "CHN")
            found[region, f"Capability Gap|{segment}", "years behind the frontier"] = gap
    found["CHN", "Purchases|Equipment", FLOW] = 6.0 * growth * (1 - 0.4 * shock)
    regions = ("USA", "CHN", "KOR", "TWN", "JPN")
    for place, origin in enumerate(regions):
        found["CHN", f"Supplier Share|AI Accelerators|{origin}", "percent"] = 20.0 + (place - 2) * 5 * shock
        for to in (region for region in regions if region != origin):
            cut = 0.9 if {origin, to} == {"USA", "CHN"} else 0.0
            found[origin, f"Exports|Chips|to {to}", FLOW] = (3.0 + place) * growth * (1 - cut * shock)
    for name, users in (("OS|android", 700), ("OS|harmony", 300), ("Open Source|github", 9), ("Open Source|gitee", 5)):
        found["CHN", f"Installed Base|{name}", "million"] = users * growth * (1 + 0.2 * shock)
    return found


MEASURE = {
    "senders": "West",
    "targets": "East",
    "scope": "chips",
    "period": "2026Q1–",
    "strength": "1",
    "source": "made up",
    "segments": "memory equipment",
}
INPUTS = {
    "measures": pd.DataFrame([
        MEASURE | {"id": "a.1", "instrument": "export_control", "title": "Export controls", "start": 2022.75, "end": None, "announced": None, "new": False},
        MEASURE | {"id": "b.1", "instrument": "export_control", "title": "수출통제", "start": 2026.0, "end": 2031.0, "announced": 2025.25, "new": True},
        MEASURE | {"id": "b.2", "instrument": "os_fork", "title": "Fork " * 20, "start": 2027.0, "end": None, "announced": None, "new": True},
    ]),
    "blocs": pd.DataFrame([{"stance": s, "region": r, "bloc": b} for s in STANCES for r, b in (("USA", "west"), ("TWN", "west"), ("CHN", "east"))]),
    "evidence": pd.DataFrame([{"topic": t, "grade": g, "count": k} for t in ("trade", "capital") for g, k in (("measured", 3), ("assumed", 9))]),
    "published": pd.DataFrame([
        {"study": "A", "scenario": "blocs", "region": r, "measure": "Real Income", "horizon": h, "low": low, "high": 0.0, "run": "align_us", "source": "made up", "our_scenario": "blocs", "our_stance": "align_us"}
        for r, h, low in (("KOR", 10, -3.0), ("CHN", 10, -0.5))
    ]),
    "stability": pd.DataFrame({"draw": [0, 1, 2], "growth": [0.97, 0.99, 1.01], "growth_short": [0.96, 0.98, 1.02], "verdict": ["used", "used", "refused"]}),
}  # fmt: skip
"""Tables beside the results, made up."""


def recordings(draws: int = 20, stances: tuple[str, ...] = STANCES) -> list[Recording]:
    runs = []
    for draw in range(draws):
        for stance in ("status_quo", *stances):
            found = series(stance, draw)
            keys = tuple(sorted(found))
            name = stance if stance == "status_quo" else f"blocs@{stance}"
            runs.append(Recording(name, draw, 7, QUARTERS, keys, np.array([found[key] for key in keys])))
    return runs


def run_context(lang: str = "en") -> FigureContext:
    """What figures of a run are told."""
    return FigureContext(
        "blocs", STANCES, "status_quo", "KOR", results.horizon_years(2026.0), lang, "Two blocs", "3fa9c1d2e4b5", "0.1.0", 7, 20, "1d8bf98cb1b7",
        inputs=INPUTS,
    )  # fmt: skip


def run_frame(path: Path, draws: int = 8) -> pd.DataFrame:
    """Results as they are read back."""
    store.write_results(path, recordings(draws))
    return store.read_results(path, figure_variables())


NAMES = ("elasticity_of_substitution[equipment]", "network_effect[os]", "export_control.denial_rate", "search_cost")
BOUNDS = dict.fromkeys(NAMES, (0.0, 1.0))
CASES = ("blocs@align_us", "blocs@hedge", "blocs@align_cn")


def outcomes(x: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "blocs@align_us": -x[:, 0] - x[:, 1],
        "blocs@hedge": 0.4 - 1.5 * x[:, 2] * (x[:, 1] > 0.5),
        "blocs@align_cn": -1 - x[:, 3],
    }


def sweep_frames(lang: str) -> dict[str, pd.DataFrame]:
    """The table that each figure shows, of three cases."""
    x = uniform(300, BOUNDS)
    values = pd.DataFrame(outcomes(x))
    titles = {name: title_of(name, lang) for name in NAMES}
    swings, maps, indices = [], [], []
    for case in CASES:
        sample, named = Sample(x, values[case].to_numpy(), NAMES, 1), {"case": case, "case_title": case}
        swing = tornado(sample)
        swings.append(swing.assign(title=swing["name"].map(titles), **named))
        maps.append(
            cells(sample, *NAMES[:2]).assign(first_title=titles[NAMES[0]], second_title=titles[NAMES[1]], **named)
        )
        index = pd.DataFrame({"name": NAMES, "ST": [0.5, 0.3, 0.1, 0.0], "S1": [0.3, 0.3, 0.05, -0.02]})
        for column in ("ST", "S1"):
            index = index.assign(**{f"{column}_low": index[column] - 0.08, f"{column}_high": index[column] + 0.08})
        indices.append(index.assign(title=index["name"].map(titles), **named))
    boxes = trajectory(x, values["blocs@hedge"].to_numpy() < -0.5)
    box = box_table(boxes, balanced(boxes), NAMES, titles).assign(case="blocs@hedge", case_title="blocs, Hedge")
    lost = regret(values)
    table = strategy_table(values, 0.0).assign(title=CASES, stance=[case.partition("@")[2] for case in CASES])
    table = table.assign(regret_median=lost.median().to_numpy(), regret_p10=lost.quantile(0.1).to_numpy())
    join = {"tornado": swings, "heat-map": maps, "sobol": indices}
    return {name: pd.concat(parts, ignore_index=True) for name, parts in join.items()} | {
        "prim-box": box,
        "regret": table,
    }


def sweep_context(lang: str = "en") -> FigureContext:
    """What figures of a sweep are told."""
    title = "Real income of Korea in 2035, difference from baseline in percent"
    return FigureContext(
        "blocs", (), "chip_controls", "KOR", (), lang, title, "3fa9c1d2e4b5", "0.1.0", 0, 300, "1d8bf98cb1b7"
    )


SERIES = ("tools.share.chn", "tools.share.twn", "exports.kor.to.chn", "github.collaboration", "asml.chn", "models.usa")


def backtest_points() -> pd.DataFrame:
    """Six series, one of them a cross-section, one missed by far."""
    rows = []
    for series in range(6):
        transform = "cross:2021" if series == 5 else "change:2020"
        for year in (2021.0, 2022.0):
            ahead = (year - 2020) * (series - 2)
            rows.append({
                "series_id": SERIES[series], "variable": "x", "region": "CHN", "period": str(int(year)), "end": year + 1, "transform": transform,
                "actual": ahead, "grade": "A", "start": 2021.0, "before": 0.0, "model_before": 0.0, "model": 0.7 * ahead, "model_p10": 0.5 * ahead,
                "model_p90": 0.9 * ahead + 0.1, "last": 0.0, "trend": -ahead,
            })  # fmt: skip
    return pd.DataFrame(rows)


def calibration_targets() -> pd.DataFrame:
    """Figures met, missed by far, not used, and one without a deviation, of two series."""
    return pd.DataFrame({
        "target": [f"chips.twn.to.chn change:2018 {year}" for year in (2020, 2021, 2022)] + ["asml.chn level 2021", "asml.chn level 2022"],
        "series_id": ["chips.twn.to.chn"] * 3 + ["asml.chn"] * 2, "transform": ["change:2018"] * 3 + ["level"] * 2,
        "end": [2021.0, 2022.0, 2023.0, 2022.0, 2023.0], "value": 1.0, "deviation": [0.1, 0.1, 0.1, 0.1, 0.0], "prior": 1.0,
        "prior_p10": [0.8, 0.5, -9.0, 1.0, 0.9], "prior_p90": [1.2, 1.5, 9.0, 1.0, 1.1], "posterior": [1.1, 1.35, 3.0, 1.0, 1.0],
        "implausibility": 1.0, "reached": [True, True, False, True, True], "used": [True, True, True, False, True],
    })  # fmt: skip


def strategy_rows() -> pd.DataFrame:
    """Three choices in two scenarios, one of them not ranked."""
    rows = []
    for scenario, shift in (("blocs", 0.0), ("full_split", 0.7)):
        for strategy, central in (("hedge", 1.1), ("align_us", 0.2), ("align_cn", -4.5), ("none", 1.7)):
            row = {
                "scenario": scenario,
                "baseline": "history",
                "strategy": strategy,
                "draws": 8,
                "regret": np.nan if strategy == "none" else 1.1 - central,
            }
            for place, year in ((1, 2026), (5, 2030), (10, 2035)):
                row |= {
                    f"year_{place}": year,
                    f"central_{place}": central + shift,
                    f"p10_{place}": central - 1,
                    f"p90_{place}": central + 2,
                }
            rows.append(row)
    return pd.DataFrame(rows)


def fork_rows() -> pd.DataFrame:
    """Two levers, three network effects."""
    return pd.DataFrame([
        {"lever": lever, "network_effect": effect, "value": value, "share": 100 * value**effect, "ecosystem": "harmony", "quarter": "2035Q4"}
        for lever in ("support", "access_loss") for effect in (0.4, 0.8, 1.2) for value in (0.0, 0.5, 1.0)
    ])  # fmt: skip


def reaction_rows() -> pd.DataFrame:
    """Three strengths of each side, with and without the answer to catch-up."""
    return pd.DataFrame([
        {"catch_up": on, "usa": usa, "chn": chn, "after": 0.3, "last": usa * chn + 0.2 * on}
        for on in (0.0, 1.0) for usa in (0.0, 0.5, 0.9) for chn in (0.0, 0.5, 0.9)
    ])  # fmt: skip


def tables(lang: str) -> dict[str, tuple[pd.DataFrame, FigureContext]]:
    """The table and context of every kind that is not drawn from a run."""
    others = {
        "backtest": backtest_points(), "calibration-fit": calibration_targets(), "strategies": strategy_rows(), "forks": fork_rows(),
        "reactions": reaction_rows(),
    }  # fmt: skip
    return {name: (frame, sweep_context(lang)) for name, frame in (sweep_frames(lang) | others).items()}
