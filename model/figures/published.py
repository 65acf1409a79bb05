"""Figure: our figures beside bands of published studies, those outside shown as outside."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from model.experiments.results import HEADLINE, FigureContext, band, select, signed, stance_differences
from model.figures.house import BAR, MARGIN, SMALL, FigureSpec, Look
from model.figures.marks import name_rows, number_axis, zero_line
from model.figures.sheet import Key, open_sheet, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THEIRS, INSIDE, OUTSIDE = Look(BAR, "s"), Look("#0072B2", "o"), Look("#D55E00", "X")
LOOKS = {"theirs": THEIRS, "inside": INSIDE, "outside": OUTSIDE}


def data_published(frame: pd.DataFrame, context: FigureContext) -> pd.DataFrame:
    """Published bands that this run has a figure of its own for (or `verify` has): percent, with ours and its band."""
    studies = context.table("published")
    if studies.empty:
        return studies
    mine = band(stance_differences(select(frame, HEADLINE), context, "percent")) if len(frame) else pd.DataFrame()
    rows = [row | _ours(row, mine, context) for row in studies.to_dict("records")]
    data = pd.DataFrame(rows).dropna(subset=["ours"])
    return data.assign(inside=data["ours"].between(data["low"], data["high"])).reset_index(drop=True)


def _ours(row: dict[Hashable, Any], mine: pd.DataFrame, context: FigureContext) -> dict[str, float]:
    """Our figure of a published row: of this run where it is of its scenario and stance, else of `verify`."""
    if len(mine) and row["our_scenario"] == context.scenario and row["measure"] == HEADLINE:
        year = context.years[0] + int(str(row["horizon"])) - 1 if context.years else 0
        own = mine[(mine["stance"] == row["our_stance"]) & (mine["region"] == row["region"]) & (mine["year"] == year)]
        if len(own):
            found = own.iloc[0]
            return {"ours": found["central"], "p10": found["p10"], "p90": found["p90"], "draws": found["draws"]}
    verified = context.table("verified")
    if len(verified):
        keys = ["run", "region", "measure", "horizon", "low", "high"]
        own = verified[(verified[keys] == pd.Series({key: row[key] for key in keys})).all(axis=1)]
        if len(own):
            return {"ours": float(own["ours"].iloc[0]), "p10": math.nan, "p90": math.nan, "draws": 1}
    return {"ours": math.nan, "p10": math.nan, "p90": math.nan, "draws": 0}


def finding_published(data: pd.DataFrame, context: FigureContext) -> str:
    """How many of ours lie in the published bands."""
    return context.say("figure.published.title", inside=int(data["inside"].sum()), count=len(data))


def draw_published(data: pd.DataFrame, context: FigureContext) -> Figure:
    """A grey bar from the lowest to the highest published figure; ours as a point with its band."""
    key = Key([(context.say(f"figure.published.{name}"), look) for name, look in LOOKS.items()], points=True)
    under = context.say("figure.published.subtitle", baseline=context.baseline)
    sheet = open_sheet(context, finding_published(data, context), under, 0.45 + 0.36 * len(data), key)
    labels = [_label(row, context) for row in data.to_dict("records")]
    broken = [
        "\n".join(
            part for line in label.splitlines() for part in wrap(sheet.figure, line, 0.48 * sheet.width, fontsize=SMALL)
        )
        for label in labels
    ]
    axes = sheet.axes(sheet.beside(broken, SMALL), MARGIN, sheet.bottom + 0.3)
    _draw_rows(axes, data)
    name_rows([axes], broken, SMALL)
    number_axis(axes, signed, vertical=False)
    return sheet.figure


def _draw_rows(axes: Axes, data: pd.DataFrame) -> None:
    """One row a published band."""
    zero_line(axes, vertical=True)
    for place, row in enumerate(data.to_dict("records")):
        look = INSIDE if row["inside"] else OUTSIDE
        axes.barh(place, row["high"] - row["low"], 0.5, left=row["low"], color=THEIRS.colour)
        if math.isfinite(row["p10"]):
            axes.hlines(place, row["p10"], row["p90"], color=look.colour, linewidth=1.5)
        axes.plot(row["ours"], place, color=look.colour, marker=look.marker, markeredgecolor="white", markersize=7)


def _label(row: dict[Hashable, Any], context: FigureContext) -> str:
    """Study, region and year on one line, its scenario on the next."""
    place = context.label("region", str(row["region"]))
    return f"{row['study']}, {place}, {context.say('figure.published.year', number=row['horizon'])}\n{row['scenario']}"


FIGURE = FigureSpec(
    "published", 30, (HEADLINE,), data_published, finding_published, draw_published, ("published",), report=False,
    marks=("range bar", "point", "interval"),
)  # fmt: skip
