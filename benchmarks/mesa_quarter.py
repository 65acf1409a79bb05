"""The closed quarter as an agent-based modeller would write it: one Mesa agent a buyer, links as objects, sweeps.

It computes E2 to E12, E10a, E27 of capital goods, E35 of fringes and E38 of docs/equations.md and shares no code with `model/kernel`. Numbers are floats on agents and
links; no array crosses agents. Prices and trade are found by Gauss-Seidel sweeps over the agents until nothing moves.

What a quarter is given from outside (`Policy`) are the links' wedges (benchmarks/mesa_wedges.py spreads them, E21, E36,
E37), qualities, shares in force, purchases that follow no technique, and which named plants have closed by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf

import mesa

from benchmarks.mesa_agents import FinalUser, Investor, Plant
from benchmarks.mesa_links import Link, Region

SETTLED = 1e-13
"""Largest relative change of any agent in the last sweep."""
RATIONED = 2e-12
"""Largest change of any rationing share in the last pass, and of any stock drawn."""
SWEEPS, PASSES = 5000, 3000


class NotSettledError(RuntimeError):
    """Sweeps or passes did not come to rest."""


@dataclass
class Counted:
    """How much work a quarter was: sweeps of prices and of trade, passes of rationing."""

    price_sweeps: int = 0
    trade_sweeps: int = 0
    passes: int = 0


@dataclass
class Policy:
    """What a quarter is given, by link in the order the links were made, or by plant."""

    denial: list[float]
    ship: list[float]
    duty: list[float]
    fixed: list[float]
    quality: list[float]
    theta: list[float]
    open_links: list[bool]
    stock_order: list[float]
    subsidy: list[float]
    opened: list[bool]
    closed: list[bool]
    limit: list[float]
    favour: list[float]
    announced: list[float]


class ClosedQuarter(mesa.Model):  # type: ignore[misc]
    """The economy as agents. `benchmarks/mesa_world.py` fills it; `act_on` brings a quarter's policy; `step` is one."""

    def __init__(self, dt: float = 0.25, **speeds: float) -> None:
        super().__init__()
        self.dt, self.year = dt, 0.0
        self.regions: list[Region] = []
        self.sigma: list[float] = []
        self.links: list[Link] = []
        self.techniques = 0
        self.labour_speed = 0.0
        self.wage_down = self.wage_up = self.rent_speed = self.rent_erosion = 0.0
        self.rent_pressure = self.expansion_limit = inf
        self.investment_speed = self.investment_price = self.follow_speed = self.input_limit = 0.0
        self.smoothing = self.habit_speed = self.price_trend_speed = self.stock_speed = 0.0
        self.exit_threshold = self.exit_patience = self.firm_exit_rate = 0.0
        self.fixed_balance = False
        for name, value in speeds.items():
            setattr(self, name, value)
        self.counted, self.worst_market = Counted(), 0.0

    def gather(self) -> None:
        """The sets of agents that act together; products flow downstream, so prices go down the list and orders up."""
        kind = self.agents_by_type
        self.plants = kind[Plant]
        self.upstream = self.plants.sort(lambda plant: -plant.segment)
        self.buyers = self.agents
        self.investors = kind.get(Investor, [])
        self.users = kind[FinalUser]
        self.pricing = self.agents.select(lambda a: isinstance(a, Plant | Investor))

    def act_on(self, policy: Policy) -> None:
        """Write a quarter's policy on links and plants."""
        for i, link in enumerate(self.links):
            link.denial, link.ship, link.duty, link.fixed = policy.denial[i], policy.ship[i], policy.duty[i], policy.fixed[i]
            link.pay, link.favour = link.ship * (1 + link.duty), policy.favour[i]
            if i < self.techniques:
                link.quality, link.open, link.stock_order = policy.quality[i], policy.open_links[i], policy.stock_order[i]
                link.theta, link.announced = policy.theta[i], policy.announced[i]
                link.input0 = link.base_input * link.theta / link.base_theta
        for plant in self.plants:
            plant.fixed_sales = []
        for buyer in self.buyers:
            buyer.fixed_links = []
        for link in self.links:
            if link.fixed or link.stock_order or isinstance(link.buyer, Investor):
                link.buyer.fixed_links.append(link)
                link.supplier.fixed_sales.append(link)
        for i, plant in enumerate(self.plants):
            plant.subsidy, plant.opened, plant.limit = policy.subsidy[i], policy.opened[i], policy.limit[i]
            plant.closed = policy.closed[i]

    def step(self) -> None:
        """One quarter: enter, invest and leave, source, deliver with price and trade, account, adjust."""
        self.counted = Counted()
        for act in ("enter", "invest", "leave", "bequeath"):  # all decide on what stood when the quarter began
            self.plants.do(act)
        for plant in self.plants:
            plant.capacity, plant.inherited, plant.was_open = plant.capacity + plant.inherited, 0.0, plant.opened
        for investor in self.investors:
            investor.pool()
        self.buyers.do("source")
        self.meet()
        self.deliver()
        self.account()
        self.adjust()
        self.year += self.dt

    # -- deliver, price, trade -----------------------------------------------------------------------
    def deliver(self) -> None:
        """Rationing passes until no plant cuts further (E5 to E8)."""
        self.plants.do("begin")
        for _ in range(PASSES):
            self.buyers.do("receive")
            self.price()
            self.trade()
            if self.counted.passes == 0:
                for plant in self.plants:
                    plant.orders = plant.output
            if max(self.plants.map("ration")) < RATIONED:
                return
            self.counted.passes += 1
        raise NotSettledError("rationing")

    def price(self) -> None:
        """Sweeps over plants and investors, upstream first, until no price moves (E6)."""
        for _ in range(SWEEPS):
            self.counted.price_sweeps += 1
            if max(self.pricing.map("ask_price")) < SETTLED:
                return
        raise NotSettledError("prices")

    def trade(self) -> None:
        """Sweeps over plants, downstream first, and then users, until no output and no income moves (E7)."""
        self.buyers.do("quote")
        for _ in range(SWEEPS):
            self.counted.trade_sweeps += 1
            moved = max(self.upstream.map("fill_orders"))
            if max(moved, self.earn()) < SETTLED:
                return
        raise NotSettledError("trade")

    def earn(self) -> float:
        """Incomes of all regions and what is spent of them; returns the largest relative change of expenditure."""
        incomes = self.incomes()
        spending = {}
        for region in self.regions:
            wish = incomes[region] + region.balance
            spending[region] = (1 - self.smoothing) * wish + self.smoothing * region.users.habit_now
        moved = 0.0
        for region in self.regions:
            bloc = sum(spending[r] for r in self.regions if r.bloc == region.bloc)
            users, new = region.users, spending[region] * region.bloc_share / bloc
            moved = max(moved, abs(new / users.expenditure - 1))
            users.expenditure, users.activity = new, new / users.price
        return moved

    def incomes(self) -> dict[Region, float]:
        """Wages, profits owned, duties less subsidies and the state's purchases, by region (E7)."""
        income = dict.fromkeys(self.regions, 0.0)
        for region in self.regions:
            users = region.users
            income[region] -= region.state.other
            income[region] += region.state.other_duties + users.duty_unit * users.activity
            for plant in region.plants:
                income[region] += (plant.wages_unit + plant.duty_unit - plant.subsidy_unit) * plant.output + plant.own_duties
                profit = plant.profit()
                for owner, share in plant.payees:
                    income[owner] += share * profit
        for investor in self.investors:
            income[investor.region] += investor.other_duties
        return income

    # -- blocs and balances (E7b, E7c) ---------------------------------------------------------------
    def meet(self) -> None:
        """Who can trade with whom this quarter, who pays profits to whom, and which balances can be financed."""
        neighbours: dict[Region, set[Region]] = {region: {region} for region in self.regions}
        for link in self.links:
            if self.possible(link):
                neighbours[link.supplier.region].add(link.buyer.region)
                neighbours[link.buyer.region].add(link.supplier.region)
        for number, bloc in enumerate(connected(self.regions, neighbours)):
            share = sum(r.users.expenditure for r in bloc) / sum(r.users.expenditure for r in self.regions)
            whole = sum(r.users.habit for r in bloc)
            for region in bloc:
                region.bloc, region.bloc_share = number, 1.0 if len(bloc) == len(self.regions) else share
                region.users.habit_now = region.users.habit / whole * region.bloc_share if whole > 0 else 0.0
            self.finance(bloc)
        for plant in self.plants:
            plant.payees = [(r if r.bloc == plant.region.bloc else plant.region, part) for r, part in plant.owners]

    def possible(self, link: Link) -> bool:
        """Whether anything may be delivered on a link, before rationing."""
        buyer = link.buyer
        if link.denial >= 1 or not link.supplier.opened or (isinstance(buyer, Plant) and not buyer.opened):
            return False
        ordered = link.input * link.input0 * (buyer.total if isinstance(buyer, Investor) else 1.0)
        return ordered > 0 or link.fixed > 0 or link.stock_order * link.input > 0

    def finance(self, bloc: list[Region]) -> None:
        """Balances shrink with trade and add to zero in a bloc (E7b)."""
        if self.fixed_balance:
            for region in bloc:
                region.balance = region.base_balance
            return
        for region in bloc:
            region.balance = region.base_balance * min(1.0, region.trade / region.base_trade)
        plus = sum(r.balance for r in bloc if r.balance > 0)
        minus = -sum(r.balance for r in bloc if r.balance < 0)
        level = min(plus, minus)
        for region in bloc:
            side = plus if region.balance > 0 else minus
            region.balance *= level / side if side > 0 else 0.0

    # -- account (E9) --------------------------------------------------------------------------------
    def account(self) -> None:
        """Every flow again from deliveries: GDP and trade by region, and the identities."""
        self.buyers.do("take_delivery")
        exports, imports = dict.fromkeys(self.regions, 0.0), dict.fromkeys(self.regions, 0.0)
        shipped = dict.fromkeys(self.plants, 0.0)
        duties = dict.fromkeys(self.regions, 0.0)
        for link in self.links:
            value, origin, place = link.supplier.price * link.flow, link.supplier.region, link.buyer.region
            shipped[link.supplier] += link.flow
            duties[place] += link.duty * value
            if origin is not place:
                exports[origin] += value
                imports[place] += value
        incomes = self.incomes()
        for region in self.regions:
            region.income = incomes[region]
            region.trade = (exports[region] + imports[region]) / region.users.expenditure
            made = sum((p.price - p.bill_unit) * p.output for p in region.plants)
            region.gdp = made + duties[region]
        self.worst_market = max(abs(shipped[p] - p.output) / max(p.output, 1e-12) for p in self.plants)

    # -- adjust (E10 to E12, E7c) --------------------------------------------------------------------
    def adjust(self) -> None:
        """Wages, then plants, then what users hold on to."""
        now = {r: r.supply * exp(r.growth * self.year) for r in self.regions}
        soon = {r: r.supply * exp(r.growth * (self.year + self.dt)) for r in self.regions}
        drift = sum(soon.values()) / sum(now.values())
        for region in self.regions:
            demand = sum(p.base_labour * p.labour / p.scale * p.output for p in region.plants)
            speed = self.wage_up if demand > now[region] else self.wage_down
            region.wage = region.wage * exp(region.drift * self.dt) / drift * (demand / now[region]) ** (1 - exp(-speed * self.dt))
        self.plants.do("adjust")
        part = 1 - exp(-self.habit_speed * self.dt)
        for users in self.users:
            users.habit = (users.habit + part * (users.expenditure - users.habit)) * exp(users.region.growth * self.dt)
        whole = sum(users.habit for users in self.users)
        for users in self.users:
            users.habit /= whole


def connected(regions: list[Region], neighbours: dict[Region, set[Region]]) -> list[list[Region]]:
    """Connected parts of the regions' graph."""
    found: list[list[Region]] = []
    left = set(regions)
    while left:
        part, edge = set(), {next(r for r in regions if r in left)}
        while edge:
            part |= edge
            edge = set().union(*(neighbours[r] for r in edge)) - part
        left -= part
        found.append([r for r in regions if r in part])
    return found
