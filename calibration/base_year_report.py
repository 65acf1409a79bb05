"""docs/base_year.md: how the base year was made and how far cells were moved, written from the build itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from calibration.base_year import BaseYear, build_base_year
from calibration.base_year_diagnostics import value_added
from model.axes import QUARTERS_PER_YEAR, REGIONS, SEGMENTS
from model.kernel.links import sum_by

PAGE = Path(__file__).parent.parent / "docs" / "base_year.md"
BASES = ("location", "billing", "headquarters")
LARGE = 1.0
"""bn USD a year from which a cell is listed."""

HEAD = """# The base year 2018

*Written by `python -m calibration.base_year`; do not edit. Money in bn USD of 2018 a year, shares in percent.*

The base year is a balanced table of {plants} plants ({named} of named firms, {home} home cells, the rest
fringes), {investors} investors (region and segment with capital) and eight final users. Its unit is world final
expenditure, {world:,.0f} bn USD in 2018; one unit in a quarter is {usd:,.0f} bn USD. Profits by segment and
region are what is left when wages, inputs and depreciation are paid; nothing sets them.

Sources stand in `calibration/tables/*.csv` and `calibration/parameters/base_year.csv`, each row with unit,
year, range, evidence and source. The table is rebuilt for every draw of the parameters.
"""

STEPS = """## How it is made
1. **Whole economies.** WIOD 2014 (Timmer et al. 2015), all sectors, is scaled to GDP of 2018. Gross output is GDP
   times the ratio of output to GDP in 2014. Taxes on products are value added. ASEAN-6 is split from ROW by GDP and
   by its recalled trade with each partner. The margins include the current accounts of 2018 (recalled): the world
   discrepancy is taken back in proportion to the width of each range, so that ROW bears most of it.
2. **Technology.** World sales by segment are placed by location of production (devices where they are
   assembled, logic in two parts: own fabs where the fabs stand, fabless firms and all software at home). Memory
   keeps its volume and is valued through the cycle: 2018 value x (1 - 0.45)/(1 - 0.25) = {memory:.1f}
   instead of 158.0. The same dollars leave the value of devices (`memory_price_pass_through`).
3. **Purchases.** Chips are bought where they are built in (`chip_purchase_basis`: location; alternatives billing and
   headquarters move assembly towards the home of the brand as well, or the makers could not use them). Purchases of
   tools and of foundry services lie between those of 2018 and what the installed plants would use
   (`purchase_weight`): 2018 was a year of building up in China, and base-year investment replaces what wears out.
4. **Use and supply.** For each segment, use by region and buyer is balanced to purchases by region and world
   use by buyer, so input coefficients differ by region; supply is balanced from home bias and a few anchors. All
   buyers of a region buy from the same mix of suppliers. Fitted bilateral cells of other tables are not used.
5. **`rest`** is what remains when technology is taken out of each economy; its flows close every goods market, GDP and
   the current account of each region. Tariffs apply to `rest` that crosses a border.
6. **Zeros.** Where nothing is made at home, a home cell delivers 0.1 percent of purchases (`home_cell_share`).
   It has no capital and no bound on capacity.
7. **Plants.** Rows and columns of a cell are split with one share, so all plants of a cell have the cell's input
   mix and customers. Named plants belong to the region of their firm's owner, fringes to their own (assumed).
   A Chinese fringe sells android (store commissions), all other fringes of `os` windows. GitHub's host holds every
   fringe of `open_source`; the plant Gitee stands for Chinese hosts and the services tied to them.
"""

WEAK = """## What is weak
- **Definition before data.** Whether China buys 63 or 34 percent of memory is a choice of definition and moves
  Korean results more than any elasticity: see the last table. Treat the three bases as three states of the world.
  Under billing and headquarters, assembly moves with the purchases, and with it the value added of devices.
- **World sales of `os`, `open_source` and `ai_apps`, and nearly all cost shares, are assumed.** Margins of these
  segments follow from them. `ai_apps` run at a loss (mark-up below one), as their makers did in 2018.
- **Thin margins of small cells.** Foundry in ROW, and logic in Korea and China, come out near or below zero:
  purchases of tools or of foundry services are large against their sales. Orders of Samsung's own design house are
  counted in Korean foundry sales (10.4 bn, 4.6 without), which Korean logic then has to buy.
- **Bilateral technology flows** rest on margins, assumed home bias and few anchors. Cells are soft; margins are not.
- **Parents.** Value added of US electronics in WIOD (0.69 of output in C26) looks off against 0.17-0.37 elsewhere.
  `rest` uses only the sum of all sectors, so this touches nothing but the check of parents. Hong Kong is in ROW in
  WIOD but in CHN here: trade of China with Hong Kong in 2014 is taken as trade with ROW and scaled with GDP.
- **Flows between industries in 2014** are themselves a RAS of 2011; the step to 2018 keeps their pattern. GDP at
  market prices stands for value added, so taxes on final use are spread over production.
- **ASEAN-6** rests on recalled shares of goods trade and an assumed output ratio of 2.15.
- **Current accounts** are recalled; their world discrepancy falls mostly on ROW. B holds all income from abroad except
  the profits of the named plants abroad, which the model computes itself.
- **Customs.** Chips of fabless firms leave from where their wafers are made. Singapore and Hong Kong as places of
  transit are not in the model, so Taiwan and Korea sell less to SEA and more to users than customs record. Korean
  exports are at through-cycle prices and do not count wafers and packages that cross the border twice.
- **One mix per cell.** Huawei's foundry orders, Apple's memory and ASML's customers follow their cell, not the firm.
  Sales of Intel outside the US and Ireland stay in fringes. Brands own their assembly abroad, contract makers none.
- **Capital.** Depreciation equals capital purchases of 2018 at shares that are split by assumption; `rest` and
  `devices` have no capital of their own. Profit of `rest` holds mixed income, rents and taxes.
"""


def write_report() -> Path:
    """Build the base year for every basis and write the page."""
    builds = {basis: build_base_year({"chip_purchase_basis": basis}) for basis in BASES}
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(builds), encoding="utf-8", newline="\n")
    return PAGE


def page(builds: dict[str, BaseYear]) -> str:
    """The whole page as Markdown."""
    base = builds[BASES[0]]
    frames = base.diagnostics
    kinds = pd.Series(base.kind)
    world = base.usd * QUARTERS_PER_YEAR
    memory = base.table.output[base.table.segment == SEGMENTS.index("memory")].sum() * world
    counts = {kind: int((kinds == kind).sum()) for kind in ("named", "home")}
    return "\n".join([
        HEAD.format(plants=len(kinds), investors=len(base.table.investors), world=world, usd=base.usd, **counts),
        STEPS.format(memory=memory),
        "## Regions\n", markdown(frames["regions"], 1),
        "\n`current account known` is after the discrepancy is taken back.\n",
        "## Value added and mark-ups\n", "Value added of technology by place:\n", markdown(_added(base), 1),
        "\nProfit over sales, percent, by place (`rest`: taxes and mixed income in it):\n",
        markdown(_profit(frames["profit"]), 0),
        "\n## How far cells were moved\n", MOVES, markdown(_steps(frames["margins"]), 1),
        "\nPurchases of tools and foundry services, percent of world:\n", markdown(_purchases(frames["purchases"]), 1),
        f"\nUses that balancing moved most (above {LARGE:g} bn USD):\n", markdown(_largest(frames["uses"]), 1),
        "\nTrade of whole economies moved most from 2014 (scaled by origin) to 2018 (above 20 bn USD):\n",
        markdown(_economy(frames["rest"]), 1),
        "\nPart of its parent industry that each family takes (ELE: chips and devices; MCH: equipment; ICT_BUS:",
        "software), and what had to be lowered:\n", markdown(_parents(frames["parents"]), 1),
        "\nOutput raised so that named plants fit into their cell, and what others gave for it (above 0.1 bn USD; the basis",
        "`location`, then the others):\n",
        *(f"{basis}:\n\n{markdown(_raised(build), 1)}\n" for basis, build in builds.items()),
        "\n## Against what is known\n", KNOWN, markdown(frames["checks"].drop(columns=["source", "note", "unit"]), 1),
        "\n## Named plants\n", markdown(_named(base), 1),
        "\n## The three bases of chip purchases\n", markdown(_bases(builds), 1), "",
        WEAK,
    ])  # fmt: skip


KNOWN = """Export shares of Korea and the anchors of tools, platforms and foundry services were in view when seeds
were set (`calibration/tables/bilateral_seeds.csv`), so they describe more than they test. Taiwan's shares, levels of
exports and shares of GDP were not used. Korean levels and shares of GDP known are at the boom prices of 2018.
"""

MOVES = """`purchases by region` compares the table with the purchase shares given; `use by buyer and region` is the RAS
of input coefficients; `technology carved out` and `balancing rest` are the RAS of `rest`. Mean is weighted by value;
largest is among cells above 0.1 percent of the total.
"""


def markdown(frame: pd.DataFrame, digits: int) -> str:
    """A frame as a Markdown table; numbers rounded, blanks for missing values."""

    def text(value: object) -> str:
        return (
            f"{round(float(value), digits) + 0.0:,.{digits}f}"
            if isinstance(value, (float, np.floating))
            else str(value)
        )

    lines = ["| " + " | ".join(map(str, frame.columns)) + " |", "|" + "---|" * len(frame.columns)]
    lines += ["| " + " | ".join(text(value) for value in row) + " |" for row in frame.itertuples(index=False)]
    return "\n".join(lines)


def _added(base: BaseYear) -> pd.DataFrame:
    added = value_added(base.table) * base.usd * QUARTERS_PER_YEAR
    frame = pd.DataFrame(added[:, :-1], columns=list(SEGMENTS[:-1]))
    frame.insert(0, "region", REGIONS)
    return frame


def _profit(frame: pd.DataFrame) -> pd.DataFrame:
    wide = frame.pivot(index="region", columns="segment", values="profit").loc[list(REGIONS), list(SEGMENTS)]
    return wide.reset_index()


def _steps(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["step"] != "supply against an even mix"]


def _purchases(frame: pd.DataFrame) -> pd.DataFrame:
    some = frame[frame["segment"].isin(["equipment", "foundry"])].copy()
    some["change"] = 100 * (some["used"] / some["given"] - 1)
    return some


def _largest(frame: pd.DataFrame, rows: int = 20) -> pd.DataFrame:
    large = frame[frame["after"] > LARGE]
    return large.loc[large["change"].abs().round(6).sort_values(ascending=False, kind="stable").index[:rows]]


def _economy(frame: pd.DataFrame, rows: int = 12) -> pd.DataFrame:
    large = frame[(frame["economy"] > 20 * LARGE) & (frame["origin"] != frame["destination"])].copy()
    large["change"] = 100 * (large["economy"] / large["start"] - 1)
    order = large["change"].abs().round(6).sort_values(ascending=False, kind="stable").index[:rows]
    return large.loc[order, ["origin", "destination", "use", "start", "economy", "change"]]


def _parents(frame: pd.DataFrame) -> pd.DataFrame:
    family = {"ELE": "memory", "MCH": "equipment", "ICT_BUS": "platforms"}
    wide = frame.pivot(index="region", columns="segment", values="family of parent").loc[list(REGIONS)]
    lowered = frame.groupby("region")["lowered"].sum().loc[list(REGIONS)]
    columns = {name: wide[child].to_numpy() for name, child in family.items()}
    return pd.DataFrame({"region": REGIONS, **columns, "lowered, bn USD": lowered.to_numpy()})


def _raised(base: BaseYear) -> pd.DataFrame:
    frame = base.diagnostics["raised"]
    return frame[frame["raised"].abs() > 0.1 * LARGE]


def _named(base: BaseYear) -> pd.DataFrame:
    """Sales of named plants in bn USD and as a share of their cell; entrants with their date."""
    table, world = base.table, base.usd * QUARTERS_PER_YEAR
    cell = table.location * len(SEGMENTS) + table.segment
    total = sum_by(cell, table.output, len(REGIONS) * len(SEGMENTS))
    keep = [i for i, kind in enumerate(base.kind) if kind == "named"]
    return pd.DataFrame({
        "plant": [base.plant_ids[i] for i in keep], "firm": [base.firms[i] for i in keep],
        "owner": [REGIONS[int(table.owner[:, i].argmax())] for i in keep],
        "sales": [table.output[i] * world for i in keep],
        "share of cell": [100 * table.output[i] / total[cell[i]] for i in keep],
        "entry": [f"{base.entry[i]:.2f}" if np.isfinite(base.entry[i]) else "" for i in keep],
    })  # fmt: skip


def _bases(builds: dict[str, BaseYear]) -> pd.DataFrame:
    """What the three definitions of chip purchases change."""
    rows = []
    for basis, build in builds.items():
        checks = build.diagnostics["checks"]
        korea = checks[(checks["item"] == "chip_exports_share") & (checks["origin"] == "KOR")].set_index("destination")
        bought = build.diagnostics["purchases"].set_index(["segment", "region"])["used"]
        added = value_added(build.table) * build.usd * QUARTERS_PER_YEAR
        devices = added[:, SEGMENTS.index("devices")]
        rows.append({
            "basis": basis,
            "memory bought in CHN": bought["memory", "CHN"],
            "Korean chips to CHN": korea["table"]["CHN"], "Korean chips to USA": korea["table"]["USA"],
            "devices value added CHN": devices[REGIONS.index("CHN")],
            "devices value added KOR": devices[REGIONS.index("KOR")],
        })  # fmt: skip
    return pd.DataFrame(rows)
