"""The report of a run, section by section; a part whose input is missing says so and how to get it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from model.experiments.results import BAND_DRAWS, FigureContext, headline_cells, headline_table, signed
from model.phrases import amount, change_text, money, money_text, number_text, yearly_growth
from model.reports.advice import advice, in_one_sentence
from model.reports.document import Block, Bullets, Cell, Document, Heading, Paragraph, Picture, Table, plain_table
from model.reports.drives import drives
from model.reports.facts import Facts
from model.reports.trust import standing, trust

Pictures = Mapping[str, Picture]
RESULT_FIGURES = ("real-income", "segments", "bloc-index", "exports")
"""Figures of the results that the report shows; figures/ holds all that were drawn."""


def paper(facts: Facts, pictures: Pictures) -> Document:
    """The whole report."""
    context = facts.context
    blocks: list[Block] = []
    for name, section in SECTIONS.items():
        blocks += [Heading(context.say(f"paper.{name}")), *section(facts, pictures)]
    lead = context.say("paper.lead", **_names(facts))
    if context.rate > 0:
        lead += " " + context.say("paper.lead_rate", rate=number_text(context.rate, 0))
    return Document(context.title or context.scenario, lead, context.lang, tuple(blocks))


def _names(facts: Facts) -> dict[str, object]:
    """What nearly every sentence needs."""
    c = facts.context
    return {
        "scenario": c.scenario, "baseline": c.baseline, "region": c.label("region", c.focus), "year": facts.year,
        "number": facts.horizon, "draws": c.draws,
        "stances": ", ".join(c.label("stance", s) for s in c.cases()),
    }  # fmt: skip


def asked(facts: Facts, pictures: Pictures) -> list[Block]:
    """What was asked: the story of the scenario and what it is compared with."""
    c = facts.context
    story = str(facts.manifest["scenario"]["story"][c.lang]).strip().split("\n\n")
    return [*(Paragraph(" ".join(part.split())) for part in story), Paragraph(c.say("paper.asked.frame", **_names(facts)))]


def answer(facts: Facts, pictures: Pictures) -> list[Block]:
    """The answer in five sentences."""
    if not facts.stances:
        return [Paragraph(facts.context.say("paper.missing.income", **_names(facts)))]
    lines = (_income, ranking, _segment, _split, in_one_sentence)
    key = "paper.answer.note" if len(facts.draws) >= 5 else "paper.answer.note_no_band"
    note = facts.context.say(key, **_names(facts))
    if standing(facts) == "worse":
        note += " " + facts.context.say("paper.answer.backtest_worse")
    return [Bullets(tuple(line(facts) for line in lines)), Paragraph(note, note=True)]


def _income(facts: Facts) -> str:
    c = facts.context
    parts = [
        c.say("paper.answer.stance", stance=c.label("stance", s), change=change_text(facts.income(s), "percent", c.lang))
        for s in facts.stances
    ]
    return c.say("paper.answer.income", **_names(facts), changes="; ".join(parts))


def ranking(facts: Facts) -> str:
    """Which stance is highest in how many draws, or that the model does not rank them."""
    c, first = facts.context, facts.stances[0]
    if len(facts.stances) < 2:
        return c.say("paper.answer.single", stance=c.label("stance", first))
    percent = number_text(facts.share_highest(first), 0)
    overlap = facts.overlap()
    key = "unknown" if overlap is None else "overlap" if overlap else "apart"
    second = c.label("stance", facts.stances[1])
    return c.say(f"paper.answer.rank_{key}", first=c.label("stance", first), second=second, percent=percent)


def _segment(facts: Facts) -> str:
    c, most = facts.context, facts.largest("segments", "segment", "Rest")
    if most is None:
        return c.say("paper.missing.segments")
    segment, stance, span = most
    return c.say(
        "paper.answer.segment", segment=c.label("segment", segment), stance=c.label("stance", stance),
        change=change_text(*money(span, c.rate), c.lang), year=facts.year,
    )  # fmt: skip


def _trade(facts: Facts) -> str:
    c, most = facts.context, facts.farthest("exports", "to", "Exports")
    if most is None:
        return c.say("paper.missing.exports")
    to, stance, level, base = most
    verb = "rise" if level > base else "fall"
    return c.say(
        f"paper.answer.trade_{verb}", region=c.label("region", c.focus), to=c.label("region", to), year=facts.year,
        stance=c.label("stance", stance), level=money_text(level, c.rate, c.lang), base=money_text(base, c.rate, c.lang),
    )  # fmt: skip


def _split(facts: Facts) -> str:
    c, most = facts.context, facts.farthest("bloc-index", "layer")
    if most is None:
        return c.say("paper.missing.blocs")
    layer, stance, level, base = most
    key = "none" if abs(level - base) < 0.005 else "most"
    return c.say(
        f"paper.answer.split_{key}", layer=c.label("layer", layer), year=facts.year, stance=c.label("stance", stance),
        level=number_text(level, 2), base=number_text(base, 2),
    )  # fmt: skip


def results(facts: Facts, pictures: Pictures) -> list[Block]:
    """The short table, growth, the first eight quarters, and the figures."""
    c = facts.context
    if not facts.stances:
        return [Paragraph(c.say("paper.missing.income", **_names(facts)))]
    growth = [
        c.say("paper.results.growth_of", stance=c.label("stance", s),
              growth=amount(yearly_growth(facts.income(s).central, facts.horizon), "points", c.lang, signed=True))
        for s in facts.stances
    ]  # fmt: skip
    others = [
        c.say("paper.results.other", place=c.label("region", r), change=change_text(facts.income(facts.stances[0], r), "percent", c.lang))
        for r in ("USA", "CHN") if r != c.focus
    ]  # fmt: skip
    text = c.say("paper.results.growth", **_names(facts), growths="; ".join(growth))
    other = c.say("paper.results.others", stance=c.label("stance", facts.stances[0]), changes="; ".join(others))
    return [
        income_table(facts), Bullets((text, other, _trade(facts))), *quarters_table(facts),
        *(pictures[name] for name in RESULT_FIGURES if name in pictures),
    ]  # fmt: skip


def income_table(facts: Facts) -> Table:
    """Real income by stance and region in years 1, 5 and 10, with bands, as numbers."""
    c = facts.context
    frame = headline_table(facts.frame, c.scenario, c.stances, c.baseline, c.focus, c.years)
    years = [y for y in c.years if f"central_{y}" in frame]
    header = [c.say("table.stance"), c.say("table.region")]
    header += [c.say(f"paper.column.{k}", year=y, number=y - c.years[0] + 1) for y in years for k in ("central", "p10", "p90")]
    header += [c.say("paper.column.growth")]
    growth = [yearly_growth(float(r.get(f"central_{facts.year}", math.nan)), facts.horizon) for r in frame.to_dict("records")]
    rows: list[list[Cell]] = [
        [c.label("stance", str(r["stance"])), c.label("region", str(r["region"])),
         *(float(r[f"{k}_{y}"]) if k == "central" or c.draws >= BAND_DRAWS else float("nan") for y in years for k in ("central", "p10", "p90")), g]
        for r, g in zip(frame.to_dict("records"), growth, strict=True)
    ]  # fmt: skip
    banded = c.draws >= BAND_DRAWS
    outside = banded and any(facts.income(str(r["stance"]), str(r["region"]), y).outside for r in frame.to_dict("records") for y in years)
    keys = ["paper.table.band" if banded else "paper.table.no_band", "paper.table.growth_note"]
    keys += ["paper.table.outside"] if outside else []
    notes = tuple(c.say(key, draws=c.draws, year=facts.year) for key in keys)
    table = _table(facts, "real-income", c.say("paper.table.income"), header, rows, c.say("paper.unit.percent", baseline=c.baseline), notes)
    shown_header, shown = headline_cells(frame, c.lang)
    said = [(*row, signed(g, 3)) for row, g in zip(shown, growth, strict=True)]
    return replace(table, shown=((*shown_header, header[-1]), *said))


def quarters_table(facts: Facts) -> list[Block]:
    """The first eight quarters beside years 5 and 10; nothing where the results lack them."""
    c, frame = facts.context, facts.first_quarters()
    if frame.empty:
        return []
    later = [year for year in c.years[1:] if year <= facts.year]
    header = [c.say("table.stance"), *(str(q) for q in frame.columns)]
    header += [c.say("paper.column.central", year=y, number=y - c.years[0] + 1) for y in later]
    rows: list[list[Cell]] = [
        [c.label("stance", str(s)), *(float(v) for v in row), *(facts.income(str(s), year=y).central for y in later)]
        for s, row in zip(frame.index, frame.to_numpy(), strict=True)
    ]  # fmt: skip
    title = c.say("paper.table.quarters", region=c.label("region", c.focus))
    notes = (c.say("paper.table.central"),)
    return [_table(facts, "first-quarters", title, header, rows, c.say("paper.unit.percent", baseline=c.baseline), notes)]


def _table(
    facts: Facts, name: str, title: str, header: list[str], rows: list[list[Cell]], unit: str, notes: tuple[str, ...]
) -> Table:
    return plain_table(name, title, header, rows, unit=unit, notes=notes, source=facts.source)


def stances(facts: Facts, pictures: Pictures) -> list[Block]:
    """What the focus can choose, with how often each is best or worst and its largest regret."""
    c = facts.context
    if not facts.stances:
        return [Paragraph(c.say("paper.missing.income", **_names(facts)))]
    header = [c.say("table.stance"), *(c.say(f"paper.column.{k}") for k in ("effect", "low", "high", "growth", "best", "worst", "regret"))]
    rows: list[list[Cell]] = []
    for s in facts.stances:
        span = facts.income(s)
        rows.append([
            c.label("stance", s), span.central, span.low, span.high, yearly_growth(span.central, facts.horizon),
            _whole(facts.share_highest(s)), _whole(facts.share_highest(s, lowest=True)), facts.regret(s),
        ])  # fmt: skip
    table = _table(facts, "stances", c.say("paper.table.stances", **_names(facts)), header, rows,
                   c.say("paper.unit.percent", baseline=c.baseline), (c.say("paper.table.stances_note"),))  # fmt: skip
    return [Paragraph(c.say("paper.stances.text", **_names(facts))), table]


def _whole(share: float) -> Cell:
    """A share in whole percent."""
    return int(round(share)) if share == share else share


def assumes(facts: Facts, pictures: Pictures) -> list[Block]:
    """The measures, with dates and sources, and the documents behind the story.

    Printed are those that the baseline lacks, as they make the result; tables/measures.xlsx holds all.
    """
    c, measures = facts.context, facts.context.table("measures")
    if measures.empty:
        return [Paragraph(c.say("paper.missing.measures"))]
    columns = ("title", "senders", "targets", "scope", "period", "strength", "source")
    new = [bool(flag) for flag in measures["new"]]
    header = [c.say(f"paper.column.{name}") for name in (*columns, "new")]
    sources = measures["source"].astype(str).str.replace(r"^assumed\b", c.say("paper.word.assumed"), regex=True)
    listed = measures.assign(source=sources).to_dict("records")
    rows: list[list[Cell]] = [[*(str(row[name]) for name in columns), c.say(f"paper.word.{'yes' if row['new'] else 'no'}")] for row in listed]
    shown = [row[:-1] for row, own in zip(rows, new, strict=True) if own or not any(new)]
    notes = (c.say("paper.table.measures_note"), c.say("paper.table.measures_shown", shown=len(shown), count=len(rows)))
    table = _table(facts, "measures", c.say("paper.table.measures", **_names(facts)), header, rows, "", notes)
    table = replace(table, shown=(tuple(header[:-1]), *(tuple(str(cell) for cell in row) for row in shown)))
    text = Paragraph(c.say("paper.assumes.text", count=len(measures), new=sum(new), baseline=c.baseline))
    documents = tuple(str(s) for s in facts.manifest["scenario"]["sources"])
    named: list[Block] = [Paragraph(c.say("paper.assumes.sources")), Bullets(documents)] if documents else []
    return [text, table, *named]


def provenance(facts: Facts, pictures: Pictures) -> list[Block]:
    """What identifies the run, and how to read its numbers."""
    c, m = facts.context, facts.manifest
    values: list[list[Cell]] = [
        [c.say("report.provenance.scenario"), c.scenario], [c.say("report.provenance.baseline"), c.baseline],
        [c.say("report.provenance.stances"), ", ".join(c.stances) or "–"], [c.say("report.provenance.parameters"), str(m["run"])],
        [c.say("paper.provenance.parameters"), str(m.get("parameters", "–"))],
        [c.say("report.provenance.version"), c.version], [c.say("report.provenance.draws"), c.draws],
        [c.say("report.provenance.seed"), c.seed],
    ]  # fmt: skip
    header = [c.say("paper.column.item"), c.say("paper.column.value")]
    table = plain_table("provenance", c.say("report.provenance"), header, values)
    how = tuple(how_to_read(c))
    return [table, Bullets(how)]


def how_to_read(context: FigureContext) -> list[str]:
    """Sentences that say what a number of the report is: baseline, band, horizon, unit, and what it is not."""
    fields = {
        "baseline": context.baseline, "draws": context.draws, "scenario": context.scenario,
        "years": ", ".join(str(year) for year in context.years), "first": context.years[0] if context.years else "–",
    }  # fmt: skip
    band = "band" if context.draws > 1 else "band_single"
    return [context.say(f"report.how.{key}", **fields) for key in ("baseline", band, "horizon", "unit", "limits")]


SECTIONS = {
    "asked": asked, "answer": answer, "results": results, "stances": stances, "drives": drives, "assumes": assumes,
    "implications": advice, "trust": trust, "provenance": provenance,
}  # fmt: skip
"""Sections in order: the key of the heading, and what writes it."""
__all__ = ["SECTIONS", "how_to_read", "paper"]
