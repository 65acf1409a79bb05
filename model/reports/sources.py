"""Sources as footnotes and BibTeX: the run itself, and the documents whose figures the model rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from model.experiments.results import FigureContext


def sources_text(context: FigureContext, manifest: Mapping[str, Any]) -> str:
    """sources.txt: how to cite the run, the documents, every figure taken from them, and BibTeX entries."""
    say = context.say
    documents, register = context.table("documents"), context.table("register")
    lines = [say("cite.heading.run"), "", run_footnote(context, manifest), ""]
    lines += [say("cite.heading.documents"), "", *(document_footnote(context, row) for row in documents.to_dict("records")), ""]
    lines += [say("cite.heading.figures"), "", *figure_footnotes(context, documents, register), ""]
    lines += [say("cite.heading.scenario"), "", *(str(source) for source in manifest["scenario"]["sources"]), ""]
    lines += [say("cite.heading.bibtex"), "", bibtex(context, manifest, documents)]
    return "\n".join(lines) + "\n"


def run_footnote(context: FigureContext, manifest: Mapping[str, Any]) -> str:
    """One line that identifies the run."""
    return context.say(
        "cite.run", version=context.version, title=context.title, scenario=context.scenario, baseline=context.baseline,
        parameters=str(manifest.get("parameters", "–"))[:12], hash=context.hash, draws=context.draws, seed=context.seed,
    )  # fmt: skip


def document_footnote(context: FigureContext, row: Mapping[Any, Any]) -> str:
    """One document as a footnote; its title in the language it was published in."""
    title = str(row["title"]) if context.lang == "ko" else f"{row['title_en']} [{row['title']}]"
    author = context.say("cite.no_author") if row["author"] == "not named" else row["author"]
    return context.say("cite.document", author=author, title=title, publisher=row["publisher"], date=row["published"])


def figure_footnotes(context: FigureContext, documents: pd.DataFrame, register: pd.DataFrame) -> list[str]:
    """One line a figure of the register: id, what, value, document, section, date."""
    if documents.empty or register.empty:
        return ["–"]
    titles = documents.set_index("code")["title" if context.lang == "ko" else "title_en"].to_dict()
    return [
        context.say("cite.figure", id=row["id"], metric=row["metric"], value=row["value"] or "–", unit=row["unit"],
                    document=titles.get(row["document"], row["document"]), section=row["section"], date=row["published"])
        for row in register.to_dict("records")
    ]  # fmt: skip


def bibtex(context: FigureContext, manifest: Mapping[str, Any], documents: pd.DataFrame) -> str:
    """Entries of the run and of every document."""
    own = {"title": f"BLOCS {context.version}", "author": "The BLOCS authors", "note": run_footnote(context, manifest)}
    entries = [_entry("software", f"blocs-{context.hash}", own)]
    for row in documents.to_dict("records"):
        fields = {
            "title": row["title"], "author": row["author"], "institution": row["publisher"],
            "year": str(row["published"])[:4], "note": f"{row['title_en']}; {row['kind']}, {row['published']}",
        }  # fmt: skip
        entries.append(_entry("techreport", str(row["code"]).lower(), fields))
    return "\n\n".join(entries)


def _entry(kind: str, key: str, fields: Mapping[str, Any]) -> str:
    """One BibTeX entry; braces keep capitals and Hangul as they are."""
    lines = [f"  {name} = {{{_braced(str(text))}}}," for name, text in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _braced(text: str) -> str:
    """Text without what would end a field early or start a comment in TeX."""
    return text.replace("{", "").replace("}", "").replace("%", r"\%").replace("&", r"\&").replace("_", r"\_")
