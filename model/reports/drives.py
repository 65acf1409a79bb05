"""What drives the result: channels of effect where the run was split, and the sweep beside it where there is one."""

from __future__ import annotations

from collections.abc import Mapping

from model.phrases import change_text, number_text
from model.reports.document import Block, Bullets, Paragraph, Picture
from model.reports.facts import Facts

FIRST = 3
"""Numbers named that an outcome hangs on most, and limits of a box."""
FEW = 20
"""States that fall short below which a box is a hint only."""


def drives(facts: Facts, pictures: Mapping[str, Picture]) -> list[Block]:
    """The section."""
    return [*_channels(facts, pictures), *_sweep(facts, pictures)]


def _channels(facts: Facts, pictures: Mapping[str, Picture]) -> list[Block]:
    """The largest channel of effect, if the run was split by channel."""
    c, most = facts.context, facts.largest("channels", "channel")
    if most is None:
        return [Paragraph(c.say("paper.missing.channels", scenario=c.scenario))]
    channel, stance, span = most
    text = c.say(
        "paper.drives.most", channel=c.label("channel", channel), stance=c.label("stance", stance), year=facts.year,
        change=change_text(span, "percent", c.lang),
    )  # fmt: skip
    return [Paragraph(text), *(pictures[name] for name in ("channels",) if name in pictures)]


def _sweep(facts: Facts, pictures: Mapping[str, Picture]) -> list[Block]:
    """Which assumptions the focus's real income hangs on, and where it falls short of the baseline, by stance."""
    c, drivers = facts.context, facts.context.table("drivers")
    fault = c.table("fault")
    if len(fault):
        return [Paragraph(c.say("paper.drives.fault", reason=fault["reason"].iloc[0]))]
    if drivers.empty:
        return [Paragraph(c.say("paper.missing.sweep", scenario=c.scenario))]
    lines = [_named(facts, stance) for stance in dict.fromkeys(drivers["stance"])]
    lines += [_box(facts, stance) for stance in dict.fromkeys(c.table("boxes")["stance"])]
    if facts.elsewhere("sweep"):
        lines.append(c.say("paper.trust.elsewhere", folder="sweep"))
    often = c.table("boxes")["hits"].max() >= FEW
    shown = [pictures[name] for name in pictures if name in ("sobol", "tornado") or (often and name.startswith("prim-box"))]
    return [Paragraph(c.say("paper.drives.sweep", **_size(facts))), Bullets(tuple(lines)), *shown]


def _size(facts: Facts) -> dict[str, object]:
    """How large the sweep is."""
    first = facts.context.table("drivers").iloc[0]
    own = facts.context.table("drivers")
    return {
        "states": int(facts.context.table("boxes")["states"].max()), "names": int((own["stance"] == first["stance"]).sum()),
        "year": int(first["year"]), "region": facts.context.label("region", facts.context.focus),
    }  # fmt: skip


def _named(facts: Facts, stance: str) -> str:
    """The assumptions one stance's result hangs on most; with a sign where the method gives one; whether the order is settled."""
    c = facts.context
    rows = facts.context.table("drivers")
    own = rows[rows["stance"] == stance].head(FIRST)
    method = str(own["method"].iloc[0])
    names = [
        c.say("paper.drives.signed" if method in ("lhs", "grid") else "paper.drives.plain", title=row["title"],
              value=number_text(float(row["value"]), 2),
              way=c.say(f"paper.drives.{'higher' if row['value'] > 0 else 'lower'}"))
        for row in own.to_dict("records")
    ]  # fmt: skip
    settled = c.say(f"paper.drives.{'settled' if bool(own['settled'].all()) else 'unsettled'}")
    return c.say("paper.drives.named", stance=c.label("stance", stance), names="; ".join(names), index=c.say(f"paper.drives.index.{method}"), settled=settled)


def _box(facts: Facts, stance: str) -> str:
    """How often a stance falls short of the baseline, and under which conditions most of these lie."""
    c, boxes, limits = facts.context, facts.context.table("boxes"), facts.context.table("limits")
    row = boxes[boxes["stance"] == stance].iloc[0]
    hits, states = int(row["hits"]), int(row["states"])
    fields = {"stance": c.label("stance", stance), "hits": hits, "states": states, "percent": number_text(100.0 * hits / states, 0)}
    if hits in (0, states):
        return c.say(f"paper.drives.{'never' if hits == 0 else 'always'}", **fields)
    own = limits[limits["stance"] == stance].head(FIRST).to_dict("records") if len(limits) else []
    if not own:
        return c.say("paper.drives.no_box", **fields)
    said = ", ".join(_limit(facts, limit) for limit in own)
    few = c.say("paper.drives.few") if hits < FEW else ""
    return c.say("paper.drives.box", limits=said, coverage=number_text(100.0 * row["coverage"], 0), density=number_text(100.0 * row["density"], 0), **fields) + few


def _limit(facts: Facts, row: dict[object, object]) -> str:
    """One limit of a box: above, below or between."""
    low, high, least, most = (float(str(row[k])) for k in ("low", "high", "range_low", "range_high"))
    kind = "between" if low > least and high < most else "above" if low > least else "below"
    return facts.context.say(f"paper.drives.{kind}", title=row["title"], low=f"{low:.3g}", high=f"{high:.3g}")
