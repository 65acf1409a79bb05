"""Random balanced economies for the oracle: tables, their folded and split forms, and dated policy paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.kernel.table import Array, BaseTable, Index
from tests.oracle.closed_quarter import Mask, OracleParameters, OracleWedges, calibrate, neutral

TOOLS, CHIPS, PLATFORMS = 0, 1, 2  # the last segment is the rest of the economy
SLACK = 1.15
STATE_PURCHASES = 0.02


def parameters(segments: int = 4, **changes: object) -> OracleParameters:
    """The demo's parameters (tools, chips, platforms ..., rest), with some replaced."""
    middle = segments - 3
    values: dict[str, object] = {
        "sigma": np.array([3.0, 4.0, *[3.0] * middle, 4.0]),
        "eta": np.array([0.3, 0.3, *[0.4] * middle, 0.7]),
        "eta_final": 0.8,
        "eta_capital": 0.8,
        "speed": np.array([0.4, 0.6, *[0.8] * middle, 1.0]),
        "labour_speed": 1.0,
        "wage_speed": 0.15,
        "rent_speed": 0.15,
        "investment_speed": 0.3,
        "investment_price": 0.5,
        "slack": SLACK,
    }
    return OracleParameters(**{**values, **changes})  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------
# A random balanced table
# ----------------------------------------------------------------------------------------------------
@dataclass
class Layout:
    """Who is where: plants [n], investors [k, 2], the region of every buyer [C], and who buys capital from whom."""

    location: Index
    segment: Index
    investors: Index
    region_of_buyer: Index
    regions: int
    segments: int

    @property
    def n(self) -> int:
        """Number of plants."""
        return len(self.location)

    @property
    def technical(self) -> int:
        """T, buyers with a technique."""
        return len(self.region_of_buyer) - self.regions

    @property
    def home(self) -> Mask:
        """[n, C] supplier and buyer in one region."""
        return np.asarray(self.location[:, None] == self.region_of_buyer[None, :])


def capital_goods(segments: int) -> dict[int, int]:
    """Segment -> the segment it buys as capital: chips install tools, platforms install chips."""
    return {CHIPS: TOOLS, PLATFORMS: CHIPS} if segments > 3 else {CHIPS: TOOLS}


def layout(regions: int, segments: int) -> Layout:
    """One plant of the even and two of the odd segments in every region; investors by (region, segment)."""
    cells = [(r, s) for r in range(regions) for s in range(segments) for _ in range(1 + s % 2)]
    location, segment = (np.array(z, dtype=np.int64) for z in zip(*cells, strict=True))
    investors = np.array([(r, s) for r in range(regions) for s in sorted(capital_goods(segments))], dtype=np.int64)
    buyers = np.concatenate([location, investors[:, 0], np.arange(regions), np.arange(regions)])
    return Layout(location, segment, investors, buyers, regions, segments)


def owners(plan: Layout) -> Array:
    """Omega [R, n]: at home, but one plant of several regions is owned to 90 % abroad."""
    owner = plan.location.copy()
    for r, s, abroad in ((1, CHIPS, 2), (0, CHIPS, 3), (3, PLATFORMS, 0), (2, plan.segments - 1, 1)):
        here = np.flatnonzero((plan.location == r) & (plan.segment == s))
        if len(here):
            owner[here[-1]] = abroad % plan.regions
    share = np.zeros((plan.regions, plan.n))
    share[plan.location, np.arange(plan.n)] += 0.1
    share[owner, np.arange(plan.n)] += 0.9
    return share


def needs(plan: Layout) -> Array:
    """[S, C] spending on each segment per unit of the buyer's spending, before anything is random."""
    segments, rest = plan.segments, plan.segments - 1
    use = np.full((segments, segments), 0.02)
    use[TOOLS] = [0.02, 0.03, *[0.01] * (segments - 3), 0.002]
    use[CHIPS, CHIPS:rest] = [0.10, *[0.08] * (segments - 3)]
    for s in range(PLATFORMS, rest):
        use[s, s], use[s, rest] = 0.10, 0.04
    use[rest] = [*[0.20] * rest, 0.30]
    need = np.zeros((segments, len(plan.region_of_buyer)))
    need[:, : plan.n] = use[:, plan.segment]
    final = np.array([0.0, 0.06, *[0.10 / max(1, segments - 3)] * (segments - 3), 0.0])
    final[rest] = 1 - final.sum()
    first = plan.n + len(plan.investors)
    need[:, first : first + plan.regions] = final[:, None]
    for i, (_, s) in enumerate(plan.investors):
        need[capital_goods(segments)[int(s)], plan.n + i] = 1.0
    return need


def random_spending(plan: Layout, draw: np.random.Generator) -> Array:
    """[n, C] sparse random spending at purchasers' prices.

    With more than two regions the last one makes 0.1 % of its tools (a home cell) and nobody else buys them.
    """
    last = plan.regions - 1
    near = plan.location[:, None] // 2 == plan.region_of_buyer[None, :] // 2
    dense = draw.lognormal(0, 0.8, plan.home.shape) * np.where(plan.home, 3, 1)
    kept = near.copy()
    kept[:, : plan.n] |= draw.random((plan.n, plan.n)) < 0.5
    kept[:, plan.n :] = True
    cell = (plan.location == last) & (plan.segment == TOOLS) & (plan.regions > 2)
    spending, need = np.zeros(dense.shape), needs(plan)
    for s in range(plan.segments):
        rows = (plan.segment == s) & ~cell
        taste = dense[rows] * kept[rows]
        taste = np.where(taste.any(0), taste, dense[rows])  # every buyer has a supplier
        spending[rows] = taste / taste.sum(0) * need[s]
    if cell.any():
        theirs = plan.region_of_buyer == last
        spending[plan.segment == TOOLS] *= np.where(theirs, 0.999, 1.0)
        spending[np.flatnonzero(cell)[0]] = np.where(theirs, 0.001 * need[TOOLS], 0.0)
    return spending


def random_table(seed: int, regions: int = 4, segments: int = 4) -> BaseTable:
    """A balanced table: sparse links, tariffs, markups, foreign owners, capital, states, a home cell, a latent entrant.

    At least 2 regions and 4 segments. The entrant (the last plant) makes platforms in region 1.
    """
    draw, plan = np.random.default_rng(seed), layout(regions, segments)
    n, k, location, segment = plan.n, len(plan.investors), plan.location, plan.segment
    abroad = ~np.eye(regions, dtype=bool)
    tariff_rate = draw.uniform(0, 0.08, (regions, regions, segments)) * abroad[:, :, None]
    tariff = tariff_rate[location[:, None], plan.region_of_buyer[None, :], segment[:, None]]
    spending, owner = random_spending(plan, draw), owners(plan)
    margin = draw.uniform(1.03, 1.2, n)
    worn = np.select([segment == CHIPS, segment == PLATFORMS], [0.08, 0.06], 0.0)  # depreciation per unit of output
    worn = worn * np.isin(segment, sorted(capital_goods(segments)))

    # per unit of output: inputs, labour, profit; the rest of the revenue
    spending[:, :n] *= np.minimum(1, 0.8 * (1 / margin - worn) / spending[:, :n].sum(0))
    labour = 1 / margin - worn - spending[:, :n].sum(0)
    profit = 1 - labour - spending[:, :n].sum(0) - worn
    unit = spending / (1 + tariff)
    unit[:, plan.technical :] = state_basket(plan)

    # capital goods bought per unit of output, through the plant's investor
    named = {(int(r), int(s)): i for i, (r, s) in enumerate(plan.investors)}
    investor = np.array([named.get((int(r), int(s)), -1) for r, s in zip(location, segment, strict=True)])
    worn_inputs = np.where(investor >= 0, worn, 0.0) * unit[:, n + np.maximum(investor, 0)]
    inputs = unit[:, :n] + worn_inputs
    duties = (tariff[:, :n] * inputs).sum(0)  # an investor sits in its plants' region

    # outputs and final expenditure that balance: x = A x + F E, E = Y + B
    balance = draw.normal(0, 0.008, regions)
    balance -= balance.mean()
    makes_in = np.asarray(np.arange(regions)[:, None] == location, dtype=float)
    final, state = unit[:, n + k : plan.technical], unit[:, plan.technical :]
    per_final = np.linalg.solve(np.eye(n) - inputs, final + state)
    own_duty = (tariff[:, n + k : plan.technical] * final).sum(0)
    budget = np.eye(regions) * (1 + STATE_PURCHASES) - np.diag(own_duty)
    budget -= (makes_in * (labour + duties) + owner * profit) @ per_final
    right = balance.copy()
    budget[0], right[0] = 1.0, 1.0  # the numeraire in place of a redundant budget
    expenditure = np.linalg.solve(budget, right)
    output = per_final @ expenditure

    flow = np.zeros_like(unit)
    flow[:, :n] = unit[:, :n] * output
    flow[:, n + k : plan.technical], flow[:, plan.technical :] = final * expenditure, state * expenditure
    for i in range(k):
        flow[:, n + i] = unit[:, n + i] * (worn * output)[investor == i].sum()
    if not ((labour > 0).all() and (expenditure > 0).all() and (output > 0).all()):
        raise ValueError(f"seed {seed} gives no economy")
    table = BaseTable(
        location=location, segment=segment, owner=owner, investors=plan.investors, flow=flow, tariff=tariff_rate,
        wages=labour * output, investment=worn * output, capacity=SLACK * output,
        depreciation=draw.uniform(0.1, 0.2, n), build_lag=draw.choice([1.0, 1.5, 2.0], n),
        theta=np.zeros(n), entry_capacity=np.zeros(n),
    )  # fmt: skip
    return with_entrant(table, region=min(1, regions - 1), segment=PLATFORMS)


def state_basket(plan: Layout) -> Array:
    """[n, R] the state buys 2 % of its region's final expenditure from home rest (no duties)."""
    rest = plan.segment == plan.segments - 1
    basket = np.asarray(plan.location[:, None] == np.arange(plan.regions), dtype=float) * rest[:, None]
    return np.asarray(STATE_PURCHASES * basket / basket.sum(0))


def with_entrant(table: BaseTable, region: int, segment: int) -> BaseTable:
    """The table with one latent plant as its last: theta 1 %, capacity 3 % of its region's segment."""
    n = table.plants
    peers = (table.location == region) & (table.segment == segment)
    longer = {name: np.append(getattr(table, name), 0.0) for name in ("wages", "investment", "capacity")}
    return table.replace(
        location=np.append(table.location, region), segment=np.append(table.segment, segment),
        owner=np.column_stack([table.owner, np.eye(table.regions)[region]]),
        flow=np.insert(np.insert(table.flow, n, 0.0, 0), n, 0.0, 1),
        depreciation=np.append(table.depreciation, 0.15), build_lag=np.append(table.build_lag, 2.0),
        theta=np.append(table.theta, 0.01),
        entry_capacity=np.append(table.entry_capacity, 0.03 * table.output[peers].sum()), **longer,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------
# Other forms of a table
# ----------------------------------------------------------------------------------------------------
def folded(table: BaseTable) -> BaseTable:
    """The limit's table: depreciation is a current input, states' purchases are final use, K is infinite.

    Final use grows by the states' purchases, so everything is rescaled to world final expenditure 1.
    """
    n, k, regions = table.plants, len(table.investors), table.regions
    inputs = table.flow[:, :n].copy()
    for i, (r, s) in enumerate(table.investors[:, :2]):
        here = (table.location == r) & (table.segment == s)
        inputs[:, here] += np.outer(table.flow[:, n + i], table.investment[here] / table.investment[here].sum())
    final = table.flow[:, n + k : n + k + regions] + table.flow[:, n + k + regions :]
    rate = table.tariff[table.location[:, None], np.arange(regions)[None, :], table.segment[:, None]]
    world = ((1 + rate) * final).sum()
    return table.replace(
        flow=np.hstack([inputs, final, np.zeros_like(final)]) / world, wages=table.wages / world,
        investors=np.zeros((0, 2), dtype=np.int64), investment=np.zeros(n), capacity=np.full(n, np.inf),
        entry_capacity=np.where(table.theta > 0, np.inf, 0.0),
    )  # fmt: skip


def pairs(plants: int, columns: int) -> tuple[Index, Index]:
    """Old plant of each half [2n], and old column of each new column [C + n]."""
    rows = np.repeat(np.arange(plants), 2)
    return rows, np.concatenate([rows, np.arange(plants, columns)])


def halves(table: BaseTable) -> BaseTable:
    """Every plant split into two equal plants (plant f becomes 2f and 2f + 1)."""
    rows, columns = pairs(table.plants, table.flow.shape[1])
    half = ("wages", "investment", "capacity", "theta", "entry_capacity")
    whole = ("location", "segment", "depreciation", "build_lag")
    return table.replace(
        owner=table.owner[:, rows],
        flow=table.flow[rows][:, columns] * 0.5 * np.where(columns < table.plants, 0.5, 1.0),
        **{name: getattr(table, name)[rows] / 2 for name in half},
        **{name: getattr(table, name)[rows] for name in whole},
    )


def halved_wedges(wedges: OracleWedges) -> OracleWedges:
    """The same policy for the table of `halves`."""
    plants = len(wedges.opened)
    rows, columns = pairs(plants, wedges.denial.shape[1])
    split = {
        name: getattr(wedges, name)[rows][:, columns] for name in ("denial", "tau", "tariff", "quality", "orders")
    }  # fmt: skip
    split["orders"] = split["orders"] * 0.5 * np.where(columns < plants, 0.5, 1.0)
    return OracleWedges(
        **split, subsidy=wedges.subsidy[rows], opened=wedges.opened[rows],
        stock_orders=wedges.stock_orders[:, rows], limit=wedges.limit[rows] / 2,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------
# Policy paths
# ----------------------------------------------------------------------------------------------------
@dataclass
class Place:
    """Masks by [plant, 1] and [1, buyer] for writing policies."""

    origin: Index
    segment: Index
    destination: Index

    def cell(self, origin: int, segment: int, destination: int) -> Mask:
        """[n, C] links from a (region, segment) to a region."""
        return (self.origin == origin) & (self.segment == segment) & (self.destination == destination)


def standing(table: BaseTable, seed: int) -> tuple[OracleWedges, Place, int]:
    """Wedges in force all the time: a tariff, an iceberg, qualities and a subsidy; and the plant to be listed."""
    economy = calibrate(table)
    draw = np.random.default_rng(1000 + seed)
    place = Place(table.location[:, None], table.segment[:, None], economy.region_of_buyer[None, :])
    rest = table.segments - 1
    rivals = (place.origin != place.destination) & (place.origin < 2) & (place.destination < 2)
    w = neutral(economy)
    w.tariff = w.tariff + 0.15 * (rivals & (place.segment == rest))
    w.tau = np.where(rivals & (place.segment == PLATFORMS), 1.3, 1.0)
    w.quality = w.quality + draw.normal(0, 0.1, economy.n)[:, None]
    w.subsidy = np.where((table.location == 1) & (table.segment == CHIPS), 0.08, 0.0)
    listed = int(np.flatnonzero((table.location == 0) & (table.segment == CHIPS))[0])
    return w, place, listed


def limit_wedges(table: BaseTable, seed: int) -> OracleWedges:
    """Only what has a static form: the standing wedges, one listed plant, a tool ban, and entry."""
    w, place, listed = standing(table, seed)
    w.denial[listed, place.destination[0] == 1] = 1.0
    w.denial[place.cell(0, TOOLS, 1)] = 1.0
    w.opened = np.ones(table.plants, dtype=bool)
    return w


def random_wedge_path(table: BaseTable, seed: int) -> Callable[[float], OracleWedges]:
    """Every feature in one dated path; the argument is the date in years from the base year.

    from the start  tariff, iceberg, quality, subsidy
    until 1.5       stock building by the chips users of region 1 (announced control)
    from 0.5        a larger budget of the state of region 2
    from 1.5        a 50 % and a 20 % denial, a listed plant, a tool ban, chips plants of region 2 short of capacity
    from 2.5        entry;  from 4  an iceberg on all trade of region 3
    """
    rest = table.segments - 1

    def wedges(date: float) -> OracleWedges:
        w, place, listed = standing(table, seed)
        date += 1e-9
        if date < 1.5:
            w.stock_orders[CHIPS, table.location == 1] = 0.10
        if date >= 0.5:
            states = np.arange(w.orders.shape[1]) >= w.orders.shape[1] - table.regions
            w.orders[place.cell(2, rest, 2) & states] *= 1.5
        if date >= 1.5:
            w.denial[place.cell(0, CHIPS, 1)] = 0.5
            w.denial[place.cell(3, rest, 2)] = 0.2
            w.denial[listed, place.destination[0] == 1] = 1.0
            w.denial[place.cell(0, TOOLS, 1)] = 1.0
            tight = (table.location == 2) & (table.segment == CHIPS)
            w.limit = np.where(tight, 0.95 * table.output, np.inf)
        if date >= 2.5:
            w.opened = np.ones(table.plants, dtype=bool)
        if date >= 4:
            w.tau = w.tau * np.where((place.origin == 3) != (place.destination == 3), 1.5, 1.0)
        return w

    return wedges
