"""docs/performance.md and its two pictures, from what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

Found = dict[str, Any]
HORIZON = 72
BUSY = 0.65
"""Load a core, before a part starts, above which its figures are called not final (the part before leaves 0.5 itself)."""
NAMES = {"ours": "BLOCS", "oracle": "object per agent (Mesa)", "floor": "floor in C"}


def rows_of(results: Found, part: str) -> list[Found]:
    """The sizes of a part that were measured."""
    return [row for row in results.get(part, {}).get("found", []) if "skipped" not in row]


def slope(rows: list[Found], key: str, least: int = 1_000) -> float:
    """Fitted exponent of `key` in the number of rows, from 1,000 rows on; NaN with fewer than two sizes."""
    points = [(row["rows"], row[key]) for row in rows if row["rows"] >= 0.9 * least and key in row]
    if len(points) < 2:
        return float("nan")
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])


def number(value: float | None, unit: str = "") -> str:
    """Three digits, or a dash."""
    if value is None or value != value:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text + unit


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def duration(seconds: float) -> str:
    """Seconds in the unit that fits."""
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return number(seconds * factor, f" {unit}")
    return number(seconds * 1e6, " µs")


def nearest(rows: list[Found], size: int) -> Found:
    """The row of a part for a size, or nothing."""
    return next((row for row in rows if abs(row["rows"] / size - 1) < 0.1), {})


def sizes_table(results: Found) -> str:
    """A quarter by size: ours, the oracle, the floor, and ratios."""
    parts = {name: rows_of(results, name) for name in NAMES}
    sizes = sorted({row["rows"] for rows in parts.values() for row in rows})
    lines = []
    for size in sizes:
        a, b, c = (nearest(parts[name], size) for name in NAMES)
        hot = hot_seconds(a) if a else None
        lines.append([
            f"{size:,}", number(next((r["links_a_row"] for r in (a, b, c) if r), None)),
            *(duration(r["seconds"]) if r else "–" for r in (a, b, c)),
            number(b["seconds"] / a["seconds"], " ×") if a and b else "–",
            number(hot / c["seconds"], " ×") if hot and c else "–",
            number(a["passes"] / a["quarters"]) if a else "–", number(a.get("peak_mb"), " MB") if a else "–",
            number((a["peak_mb"] - a["base_mb"]) / a["arrays_mb"], " ×") if a and a["rows"] > 900 else "–",
        ])  # fmt: skip
    head = ["rows", "links a row", "BLOCS", "Mesa oracle", "floor", "oracle / BLOCS", "hot stages / floor", "passes", "peak", "memory / arrays"]
    return table(head, lines)


def skipped(results: Found) -> list[str]:
    """Everything that was not measured, with the reason: one line each."""
    lines = []
    for part, result in results.items():
        found = result["found"]
        items = found.items() if isinstance(found, dict) else [(row.get("rows", ""), row) for row in found]
        lines += [f"- {part} {label}: {row['skipped']}" for label, row in items if isinstance(row, dict) and "skipped" in row]
    return lines


def cases_text(results: Found) -> str:
    """One case and many."""
    found = results.get("cases", {}).get("found", {})
    lines, one = [], found.get("case", {})
    if one and "skipped" not in one:
        lines.append(["one case, first", duration(one["first_seconds"]), "–", number(one["peak_mb"], " MB")])
        lines.append(["one case, warm", duration(one["seconds"]), number(1 / one["seconds"]), number(one["peak_mb"], " MB")])
    many = [row for row in found.get("many", []) if "skipped" not in row]
    lines += [[f"{row['cases']} cases, {row['workers']} workers", duration(row["seconds"]), number(row["per_second"]), number(row["peak_mb"], " MB")] for row in many]
    text = table(["what", "time", "cases a second", "peak of a process"], lines)
    if len(many) == 2:
        share = many[1]["per_second"] / many[0]["per_second"] / 2
        text += f"\n\nTwo workers reach {number(100 * share)} % of twice one worker, their start included."
    return text


def peers_text(results: Found) -> str:
    """Peers side by side."""
    found = results.get("peers", {}).get("found", {})
    lines = []
    b, m, e = (found.get(name, {"skipped": ""}) for name in ("boario", "batch_run", "ema"))
    if "skipped" not in b:
        lines.append([f"BoARIO {b['version']}", f"{b['industries']} industries, {b['steps']} steps after a loss of output", duration(b["seconds"]), number(1 / b["seconds"]), number(b["peak_mb"], " MB")])
    if "skipped" not in m:
        for workers in (1, 2):
            each = m[f"seconds_{workers}"] / m["runs"]
            lines.append([f"mesa.batch_run {m['version']}, {workers} process(es)", f"oracle, {m['quarters']} quarters and its construction", duration(each), number(1 / each), number(m["peak_mb"], " MB")])
    if "skipped" not in e:
        for workers in (1, 2):
            for label, key in (("EMA workbench " + e["version"], "seconds"), ("run_cases", "ours")):
                each = e[f"{key}_{workers}"] / e["cases"]
                lines.append([f"{label}, {workers} worker(s)", f"`blocs`, {HORIZON} quarters, {e['cases']} draws", duration(each), number(1 / each), number(e["peak_mb"], " MB")])
    return table(["who", "a run", "time a run", "runs a second", "peak"], lines)


def machines(results: Found) -> str:
    """Where and when each part was measured."""
    lines = []
    for part, result in results.items():
        m = result["machine"]
        lines.append([part, result["when"], m["engine"], f"{m['processor']}, {m['cores']} cores", f"Python {m['python']}, numpy {m['numpy']}, scipy {m['scipy']}, mesa {m['mesa']}, numba {m['numba']}", m["compiler"], str(m["load"])])
    return table(["part", "when", "engine", "machine", "versions", "compiler", "load before"], lines)


def busy(results: Found) -> str:
    """A warning where other work ran beside a part: seconds and the gain from a second worker then mean little."""
    parts = [name for name, result in results.items() if result["machine"]["load"] > BUSY * result["machine"]["cores"]]
    if not parts:
        return ""
    return f"**Not final: other work ran on the machine while these were measured: {', '.join(parts)}.**\n\n"


def pictures(results: Found, folder: Path) -> list[Path]:
    """Time and memory against rows, both axes logarithmic, with fitted slopes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    written = []
    for key, title, unit, parts in (
        ("seconds", "One quarter", "seconds", ("oracle", "ours", "floor")),
        ("peak_mb", "Peak memory", "MB", ("oracle", "ours")),
    ):
        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axes = figure.subplots()
        for part in parts:
            rows = rows_of(results, part)
            if not rows:
                continue
            fitted = slope(rows, key)
            label = NAMES[part] + (f", slope {fitted:.2f}" if fitted == fitted else "")
            axes.loglog([row["rows"] for row in rows], [row[key] for row in rows], "o-", label=label)
        if key == "peak_mb" and rows_of(results, "ours"):
            rows = rows_of(results, "ours")
            axes.loglog([row["rows"] for row in rows], [row["arrays_mb"] for row in rows], "s--", label="BLOCS, its arrays only")
        axes.set(xlabel="rows (plants)", ylabel=unit, title=f"{title}; slopes fitted from 1,000 rows")
        axes.grid(visible=True, which="major", alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False)
        path = folder / f"performance-{'time' if key == 'seconds' else 'memory'}.png"
        figure.savefig(path, dpi=110, metadata={"Software": None})
        written.append(path)
    return written


def floor_text(results: Found) -> str:
    """How close the floor is to what memory and exponentials alone take."""
    lines = [
        [f"{row['rows']:,}", duration(row["stages"]["quarter"]), duration(row["stages"]["bound"]), number(row["stages"]["quarter"] / row["stages"]["bound"], " ×"),
         duration(row["strict"]["quarter"]), number(row["strict"]["quarter"] / row["strict"]["bound"], " ×")]
        for row in rows_of(results, "floor")
    ]  # fmt: skip
    return table(["rows", "floor", "bound", "floor / bound", "floor, strict arithmetic", "over its bound"], lines)


def stages_text(results: Found) -> str:
    """Seconds of each stage by size."""
    rows = rows_of(results, "ours")
    names = list(rows[0]["stages"]) if rows else []
    return table(["rows", *names], [[f"{row['rows']:,}", *(duration(row["stages"][name]) for name in names)] for row in rows])


def slopes_text(results: Found) -> str:
    """Fitted exponents in one line each."""
    lines = ["Fitted exponents in the number of rows, from 1,000 rows on:", ""]
    for part, name in NAMES.items():
        rows = rows_of(results, part)
        if len(rows) > 1:
            memory = slope(rows, "peak_mb", 10_000)
            lines.append(f"- {name}: time {number(slope(rows, 'seconds'))}, memory {number(memory)} (from 10,000 rows)")
    return "\n".join(lines)


def oracle_text(results: Found) -> str:
    """What the oracle did and how equal it is."""
    rows = rows_of(results, "oracle")
    if not rows:
        return ""
    worst = max(row["price_difference"] for row in rows)
    sweeps = ", ".join(f"{row['sweeps']:.0f} at {row['rows']:,} rows" for row in rows)
    return f"Largest relative difference of any price from the engine's in these runs: {worst:.1e}. Sweeps a quarter: {sweeps}."


def goals_text(results: Found) -> str:
    """Issue 4's goals, what was measured, and whether that meets them."""
    lines = [[goal, number(value, unit) if value == value else "not measured", verdict(value, met)] for goal, value, unit, met in goals(results)]
    return table(["goal", "measured", "met"], lines)


def verdict(value: float, met: bool) -> str:
    """Yes or no; nothing where nothing was measured."""
    return ("yes" if met else "**no**") if value == value else "–"


def goals(results: Found) -> list[tuple[str, float, str, bool]]:
    """(goal, measured, unit, met); NaN where it was not measured."""
    ours, oracle, floor = (rows_of(results, name) for name in NAMES)
    cases = results.get("cases", {}).get("found", {})
    case, short, told = cases.get("case", {}), cases.get("short", []), cases.get("commands", {})
    none = float("nan")
    faster = min((b["seconds"] / nearest(ours, b["rows"])["seconds"] for b in oracle if b["rows"] >= 900 and nearest(ours, b["rows"])), default=none)
    over = max((hot_seconds(a) / nearest(floor, a["rows"])["seconds"] for a in ours if a["rows"] >= 900 and nearest(floor, a["rows"])), default=none)
    bound = max((row["strict"]["quarter"] / row["strict"]["bound"] for row in floor if row["rows"] >= 900), default=none)
    memory = max(((a["peak_mb"] - a["base_mb"]) / a["arrays_mb"] for a in ours if a["rows"] >= 10_000 * 0.9), default=none)
    million = nearest(ours, 1_000_000).get("seconds", none) * HORIZON / 60
    two: Found = next((row for row in short if row.get("workers") == 2), {})
    seconds, ideal, start = case.get("seconds", none), 100 * two.get("ideal", none), two.get("start_seconds", none)
    helps, first, whole = (told.get(name, none) for name in ("help", "one draw, no figures", "run blocs"))
    return [
        ("one `blocs` case of the default world, warm, on one core: 0.1 s", seconds, " s", seconds <= 0.1),
        ("time against rows: exponent at most 1.05", slope(ours, "seconds"), "", slope(ours, "seconds") <= 1.05),
        ("1,000,000 rows × 72 quarters within 10 minutes", million, " min", million <= 10),
        ("memory within twice the arrays", memory, " ×", memory <= 2),
        ("100 × the object-per-agent oracle (the least of its sizes from 1,000 rows on)", faster, " ×", faster >= 100),
        ("hot stages within 3 × the floor (the most of its sizes)", over, " ×", over <= 3),
        ("the floor within 20 % of its bound, strict arithmetic", bound, " ×", bound <= 1.2),
        ("two workers at 95 % of ideal with tasks of 50 ms", ideal, " %", ideal >= 95),
        ("start of workers under 2 s", start, " s", start < 2),
        ("`--help` under 0.3 s", helps, " s", helps < 0.3),
        ("`run blocs --draws 1 --no-figures` under 3 s", first, " s", first < 3),
        ("`run blocs` (80 runs, figures, report) under 10 s", whole, " s", whole < 10),
    ]


def hot_seconds(row: Found) -> float:
    """Seconds of the hot stages of a quarter."""
    return float(sum(row["stages"][stage] for stage in ("source", "trade", "account", "learn", "adopt")))


def write(results: Found, folder: Path) -> list[Path]:
    """Write the page and its pictures; returns what was written."""
    written = pictures(results, folder)
    profile = results.get("profile", {}).get("found", {})
    first = results.get("profile", {}).get("before", {})
    missing = "\n".join(skipped(results)) or "- nothing"
    text = f"""# Performance

Written by `python -m benchmarks`; do not edit. Figures are of one machine on one day, and a busy machine makes all of them
worse: read ratios, not seconds. `benchmarks/` has the tools, [issue 4's goals](#goals) what they are held against.

{busy(results)}## A quarter by size

The default world under `blocs`, all mechanisms on, every plant split into copies (`benchmarks/worlds.py`): as many links a
row as the default world has. *Oracle*: the same quarter with one Mesa agent a buyer, equal to the engine to 1e-9
(`tests/test_mesa_oracle.py`). *Floor*: one pass over the links with the powers and gathers of the hot stages, in C. *Hot
stages* are source, trade, account, learn and adopt. *Memory / arrays*: memory beyond a default world's process over what
the arrays of setting and state take. These are the first quarters: nothing is rationed yet (*passes*); whole cases stand below.

{sizes_table(results)}

{slopes_text(results)}

![Time of a quarter against rows](performance-time.png)

![Peak memory against rows](performance-memory.png)

{oracle_text(results)}

### By stage

{stages_text(results)}

### The floor and its own bound

The bound takes the same exponentials and streams the same arrays, without gathers and sums. The floor may use vector
exponentials (`-ffast-math`); the engine may not, so the last columns give the floor under strict arithmetic too.

{floor_text(results)}

## Cases

{cases_text(results)}

## Peers

BoARIO has no prices and no policy; its run is the same table added up to industries, not the same model. EMA workbench and
`run_cases` run the same function on as many draws.

{peers_text(results)}

## Not measured

{missing}

## Profiles

The engine, eight quarters of the default world:

```text
{profile.get("engine", "")}
```

The same before sparse products, groups and steady wedges (engine {first.get("engine", "")}, a smaller world):

```text
{first.get("text", "")}
```

The oracle, one quarter of the default world: its time is in the sums over links, which is the model itself.

```text
{profile.get("oracle", "")}
```

## Goals

{goals_text(results)}

## Where it ran

{machines(results)}
"""
    path = folder / "performance.md"
    path.write_text(text, encoding="utf-8")
    return [path, *written]
