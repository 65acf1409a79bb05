"""The closed quarter as an agent-based modeller would write it: one Mesa agent a buyer, links as objects, sweeps.

It computes E2 to E12 of docs/equations.md and shares no code with `model/kernel`. Numbers are floats on agents and
links; no array crosses agents. Prices and trade are found by Gauss-Seidel sweeps over the agents until nothing moves.

What a quarter is given from outside are the links' wedges, qualities, shares in force and purchases that follow no
technique (`Policy`): what the engine's `enact`, `decide`, `learn` and `adopt` hand to the stages compared here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, inf, isfinite, log
from typing import Any

import mesa

SETTLED = 1e-13
"""Largest relative change of any agent in the last sweep."""
RATIONED = 2e-12
"""Largest change of any rationing share in the last pass, and of any stock drawn."""
SWEEPS, PASSES = 5000, 3000
NEAR_ONE = 1e-4
"""An elasticity this close to one takes the Cobb-Douglas form (E2)."""
LEAST = 1e-9


class NotSettledError(RuntimeError):
    """Sweeps or passes did not come to rest."""


class Region:
    """A place: its wage, its labour, and the accounts that its agents share."""

    def __init__(self, name: int, growth: float) -> None:
        self.name, self.growth = name, growth
        self.plants: list[Plant] = []
        self.wage, self.supply = 1.0, 0.0
        self.base_balance, self.balance, self.base_trade, self.trade = 0.0, 0.0, 0.0, 0.0
        self.bloc, self.bloc_share = 0, 1.0
        self.income = self.gdp = 0.0
        self.users: FinalUser
        self.state: StateBuyer


class Link:
    """A supplier and a buyer, with the base year, what is ordered, what acts on it and what is delivered."""

    __slots__ = (
        "base_duty", "base_input", "base_theta", "buyer", "delivered", "denial", "duty", "fixed", "flow", "got", "input",
        "input0", "open", "pay", "pay_last", "purchase", "quality", "received", "segment", "ship", "stock_order", "supplier",
        "theta",
    )  # fmt: skip

    def __init__(self, supplier: Plant, buyer: Buyer, theta: float, base_input: float, base_duty: float, ordered: float) -> None:
        self.supplier, self.buyer = supplier, buyer
        self.theta = self.base_theta = theta
        self.base_input = self.input0 = base_input
        self.base_duty = self.duty = base_duty
        self.input = ordered
        self.ship, self.denial, self.quality, self.fixed, self.stock_order = 1.0, 0.0, 1.0, 0.0, 0.0
        self.open = True
        self.pay = self.pay_last = 1 + base_duty
        self.got = self.delivered = self.received = self.purchase = self.flow = 0.0


def power_mean(pairs: Iterable[tuple[float, float]], exponent: float, geometric: bool) -> float:
    """(sum weight value^exponent)^(1/exponent), or the geometric mean; pairs are (weight, value)."""
    if geometric:
        pairs = list(pairs)
        return exp(sum(w * log(max(v, 1e-300)) for w, v in pairs) / sum(w for w, _ in pairs))
    total = sum(w * v**exponent for w, v in pairs)
    return total ** (1 / exponent) if total > 0 else 0.0


class Cell:
    """The suppliers of one segment to one buyer."""

    def __init__(self, segment: int, sigma: float, share: float, speed: float) -> None:
        self.segment, self.sigma, self.share, self.speed = segment, sigma, share, speed
        self.links: list[Link] = []
        self.plain = abs(sigma - 1) < NEAR_ONE
        self.rho = 1.0 if self.plain else (sigma - 1) / sigma
        self.stock, self.drawn, self.used, self.wanted, self.bought = 0.0, 0.0, 0.0, 0.0, 0.0
        self.index = 1.0

    def composite(self, attribute: str) -> float:
        """q (E2a) of the links' `input` or `got`."""
        return power_mean(
            ((link.theta, getattr(link, attribute) * link.quality) for link in self.links), self.rho, self.plain
        )

    def take_over(self) -> None:
        """E4a: a full cut sets a link to zero, and the open suppliers take the order over."""
        if all(link.open or link.input == 0.0 for link in self.links):
            return
        before = self.composite("input")
        for link in self.links:
            link.input = link.input if link.open else 0.0
        after = self.composite("input")
        for link in self.links:
            link.input *= before / after if after > 0 else 1.0

    def price_index(self) -> float:
        """P_sb (E3) over open links."""
        offers = [(link.theta, self.offer(link)) for link in self.links if link.open]
        if not offers:
            self.index = 1.0
        elif self.plain:
            self.index = exp(sum(w * log(d) for w, d in offers) / sum(link.theta for link in self.links))
        else:
            total = sum(w * d ** (1 - self.sigma) for w, d in offers)
            self.index = total ** (1 / (1 - self.sigma)) if total > 0 else 1.0
        return self.index

    @staticmethod
    def offer(link: Link) -> float:
        """Delivered price of a link over its base, by quality."""
        return link.supplier.price * link.pay / ((1 + link.base_duty) * link.quality)

    def reorder(self, upper: float) -> None:
        """Orders move towards the cheapest mix (E3) with partial denials routed around (E4b, E4c)."""
        wishes = [
            (self.offer(link) / self.index) ** -self.sigma * upper / link.quality if link.open else 0.0 for link in self.links
        ]
        factor = self.rerouting(wishes)
        for link, wish in zip(self.links, wishes, strict=True):
            guarded = link.input * min(1.0, link.pay_last / link.pay)
            denied = link.open and link.denial > 0
            link.input = (1 - self.speed) * guarded + self.speed * wish * (1.0 if denied else factor)

    def rerouting(self, wishes: list[float]) -> float:
        """What undenied suppliers take over of what partly denied ones lose (E4c)."""
        if not any(link.open and link.denial > 0 for link in self.links):
            return 1.0
        lost = free = 0.0
        for link, wish in zip(self.links, wishes, strict=True):
            if link.open:
                weight = link.theta * (wish * link.quality) ** self.rho
                lost += weight * (1 - (1 - link.denial) ** self.rho)
                free += weight if link.denial == 0 else 0.0
        return (1 + lost / free) ** (1 / self.rho) if free > 0 else 1.0


class Buyer(mesa.Agent):
    """Whoever buys from plants; with a technique unless it is a state."""

    def __init__(self, model: Any, region: Region) -> None:
        super().__init__(model)
        self.region = region
        self.cells: list[Cell] = []
        self.links: list[Link] = []  # those with a technique
        self.fixed_links: list[Link] = []  # those with purchases that follow none
        self.eta, self.labour_share = 1.0, 0.0
        self.labour = 1.0
        self.scale = 1.0
        self.activity = 0.0

    def attach(self, link: Link, cell: Cell) -> None:
        """Take a link into a cell."""
        self.links.append(link)
        cell.links.append(link)

    # -- source (E4) ---------------------------------------------------------------------------------
    def source(self) -> None:
        """The ordered technique moves towards the cheapest one and stays on the isoquant (E4)."""
        for cell in self.cells:
            cell.take_over()
        cost = self.unit_cost()
        for cell in self.cells:
            cell.reorder((cell.index / cost) ** -self.eta)
        if self.labour_share > 0:
            part = self.model.labour_speed
            self.labour = (1 - part) * self.labour + part * (self.region.wage / cost) ** -self.eta
        units = self.yield_of([cell.composite("input") for cell in self.cells])
        self.labour = self.labour / units if self.labour_share > 0 else 1.0
        for link in self.links:
            link.input /= units
            link.pay_last = link.pay

    def unit_cost(self) -> float:
        """c_b (E3b)."""
        pairs = [(self.labour_share, self.region.wage)] + [(c.share, c.price_index()) for c in self.cells]
        return power_mean(pairs, 1 - self.eta, abs(self.eta - 1) < NEAR_ONE)

    def yield_of(self, composites: list[float]) -> float:
        """F_b (E2b); a buyer that cannot produce raises."""
        exponent, plain = (self.eta - 1) / self.eta, abs(self.eta - 1) < NEAR_ONE
        pairs = [(self.labour_share, self.labour)] if self.labour_share > 0 else []
        pairs += [(c.share, q) for c, q in zip(self.cells, composites, strict=True)]
        if exponent < 0 and any(q <= 0 for _, q in pairs):
            raise RuntimeError(f"buyer {self.unique_id} cannot produce")
        return power_mean(pairs, exponent, plain)

    # -- deliver (E5) --------------------------------------------------------------------------------
    def receive(self) -> None:
        """What arrives after denials and rationing, with stocks where they fill a gap; back on the isoquant."""
        for link in self.links:
            link.got = (1 - link.denial) * link.supplier.rationing * link.input
        composites = [self.with_stock(cell, cell.composite("got")) for cell in self.cells]
        self.scale = self.yield_of(composites)
        for link in self.links:
            link.delivered = link.got * link.input0 / self.scale
            link.purchase = 0.0
        for link in self.fixed_links:
            link.purchase = (1 - link.denial) * link.supplier.rationing * (link.fixed + link.stock_order * link.input0 * link.input)

    def with_stock(self, cell: Cell, q: float) -> float:
        """Only plants hold stocks."""
        return q

    # -- price and trade -----------------------------------------------------------------------------
    def bill(self) -> float:
        """What a unit of the delivered technique costs, duties included."""
        return sum(link.delivered * link.pay * link.supplier.price for link in self.links)

    def duties_per_unit(self) -> float:
        """Duties in a unit of the delivered technique."""
        return sum(link.delivered * link.ship * link.duty * link.supplier.price for link in self.links)

    def other_bill(self) -> tuple[float, float]:
        """(bill, duties in it) of purchases that follow no technique."""
        paid = duties = 0.0
        for link in self.fixed_links:
            value = link.purchase * link.ship * link.supplier.price
            paid += value * (1 + link.duty)
            duties += value * link.duty
        return paid, duties

    def take_delivery(self) -> None:
        """Units shipped to this buyer, from deliveries only (E9)."""
        for link in self.links:
            link.flow = link.ship * (link.delivered * self.activity + link.purchase)
        for link in self.fixed_links:
            if not self.links:
                link.flow = link.ship * link.purchase


class Plant(Buyer):
    """A plant: it makes a product, sets its price, invests and is rationed by its capacity."""

    def __init__(self, model: Any, region: Region, segment: int) -> None:
        super().__init__(model, region)
        region.plants.append(self)
        self.segment = segment
        self.sales: list[Link] = []
        self.fixed_sales: list[Link] = []
        self.owners: list[tuple[Region, float]] = []
        self.payees: list[tuple[Region, float]] = []
        self.investor: Investor | None = None
        self.latent, self.opened, self.was_open = False, True, True
        self.base_labour, self.base_capital, self.markup, self.kappa, self.slack = 0.0, 0.0, 1.0, 0.0, 1.0
        self.depreciation, self.lag, self.entry_capacity = 0.0, 1, 0.0
        self.price, self.rent, self.subsidy, self.rationing = 1.0, 0.0, 0.0, 1.0
        self.output, self.orders = 0.0, 0.0
        self.capacity, self.limit, self.capacity_now = inf, inf, inf
        self.pipeline: list[float] = []
        self.investment, self.share = 0.0, 0.0
        self.wages_unit, self.bill_unit, self.duty_unit, self.own, self.own_duties = 0.0, 0.0, 0.0, 0.0, 0.0
        self.fixed_sold = 0.0

    # -- decide (E12) --------------------------------------------------------------------------------
    def invest(self) -> None:
        """Replace what wears out and close a part of the gap to the capacity wanted (E12)."""
        model = self.model
        if self.opened and not self.was_open:
            self.capacity = self.entry_capacity
        self.was_open = self.opened
        self.investment = 0.0
        if self.investor is None or not self.opened:
            return
        wanted = self.slack * self.orders * (self.price / self.investor.price) ** model.investment_price
        kappa = self.kappa if self.kappa > 0 else 1.0
        held = self.capacity if isfinite(self.capacity) else 0.0
        coming = 4 * model.dt * sum(self.pipeline) / kappa
        excess = coming - self.lag * model.dt * self.depreciation * held
        bound = model.expansion_limit * held if isfinite(model.expansion_limit) else inf
        expansion = min(model.investment_speed * (wanted - held - excess), bound)
        self.investment = self.kappa / 4 * max(0.0, self.depreciation * held + expansion)

    def begin(self) -> None:
        """The quarter's limit, nothing rationed yet, stocks first shared out by the orders of the last quarter."""
        self.capacity_now = min(self.capacity, self.limit) if self.opened else inf
        self.rationing, self.scale = 1.0, 1.0
        self.output_expected = self.orders
        for cell in self.cells:
            cell.wanted, cell.used = cell.composite("input"), 0.0

    def with_stock(self, cell: Cell, q: float) -> float:
        """Stocks fill what the composite lacks against the order, as far as they reach (E5b)."""
        cell.drawn = 0.0
        room = cell.wanted - q
        if cell.stock > 0 and room > 1e-13:
            cell.drawn = min(room, cell.stock / (4 * self.model.dt) * self.scale / max(self.output_expected, 1e-300))
        return q + cell.drawn

    # -- price (E6) ----------------------------------------------------------------------------------
    def ask_price(self) -> float:
        """Set the price on today's offers; returns the relative change."""
        capital = self.base_capital * self.investor.price if self.investor is not None else 0.0
        margin = self.markup * (1 + self.rent) * (1 - self.subsidy)
        price = margin * (self.region.wage * self.base_labour * self.labour / self.scale + self.bill() + capital)
        change = abs(price / self.price - 1)
        self.price = price
        return change

    # -- trade (E7) ----------------------------------------------------------------------------------
    def quote(self) -> None:
        """What a unit of output costs and brings, at the prices found; bills of other purchases."""
        self.wages_unit = self.region.wage * self.base_labour * self.labour / self.scale
        self.bill_unit, self.duty_unit = self.bill(), self.duties_per_unit()
        self.subsidy_unit = self.price * self.subsidy / (1 - self.subsidy)
        self.own, self.own_duties = self.other_bill()
        self.fixed_sold = sum(link.ship * link.purchase for link in self.fixed_sales)

    def fill_orders(self) -> float:
        """Produce what all buyers ask for; returns the relative change."""
        output = self.fixed_sold
        for link in self.sales:
            output += link.ship * link.delivered * link.buyer.activity
        change = abs(output - self.output) / max(output, 1e-11)
        self.output = self.activity = output
        return change

    def profit(self) -> float:
        """Cash profit: revenue and subsidy less wages and all purchases."""
        bills = self.own + (self.share * self.investor.other if self.investor is not None else 0.0)
        return (self.price + self.subsidy_unit - self.wages_unit - self.bill_unit) * self.output - bills

    # -- rationing (E8) ------------------------------------------------------------------------------
    def ration(self) -> float:
        """Cut all buyers alike where orders exceed capacity; returns the change."""
        limit = self.capacity_now * min(1.0, self.scale) ** self.model.input_limit
        new = min(1.0, max(LEAST, self.rationing * limit / max(self.output, 1e-300)))
        change = abs(new - self.rationing)
        self.rationing, self.output_expected = new, self.output
        for cell in self.cells:
            used = cell.drawn * self.output / self.scale
            change, cell.used = max(change, abs(used - cell.used)), used
        return change

    # -- adjust (E10 to E12) -------------------------------------------------------------------------
    def adjust(self) -> None:
        """Rent, capacity, what is being built, stocks."""
        model, dt, growth = self.model, self.model.dt, exp(self.region.growth * self.model.dt)
        pressure = 0.0
        if self.orders > 0 and isfinite(self.capacity_now):
            pressure = min(log(self.orders / self.capacity_now), model.rent_pressure)
        kept = exp(-model.rent_erosion * dt) if self.orders < self.capacity_now else 1.0
        self.rent = max(0.0, self.rent * kept + model.rent_speed * dt * pressure)
        if self.investor is not None:
            arriving = 4 * dt * self.pipeline[0] / (self.kappa if self.kappa > 0 else 1.0)
            self.capacity = (self.capacity * (1 - self.depreciation * dt) + arriving) * growth
        else:
            if self.opened and model.follow_speed > 0 and isfinite(self.capacity):
                self.capacity += (1 - exp(-model.follow_speed * dt)) * (self.slack * self.orders - self.capacity)
            self.capacity *= growth
        self.pipeline = [*self.pipeline[1:], 0.0]
        self.pipeline[self.lag - 1] += self.investment * (self.investor.scale if self.investor is not None else 1.0)
        self.pipeline = [built * growth for built in self.pipeline]
        for cell in self.cells:
            cell.stock = max(0.0, cell.stock + 4 * dt * (self.stored(cell) - cell.used))

    def stored(self, cell: Cell) -> float:
        """What arrived for stock, as a composite."""
        if not any(link.stock_order for link in cell.links):
            return 0.0
        for link in cell.links:
            link.received = (1 - link.denial) * link.supplier.rationing * link.stock_order * link.input
        return cell.composite("received")


class Investor(Buyer):
    """Buys capital goods for the plants of one region, segment and owner; it does not order twice (E5c)."""

    def __init__(self, model: Any, region: Region) -> None:
        super().__init__(model, region)
        self.plants: list[Plant] = []
        self.total, self.price, self.other, self.other_duties = 0.0, 1.0, 0.0, 0.0

    def pool(self) -> None:
        """Orders of its plants together, and each plant's part."""
        self.total = sum(plant.investment for plant in self.plants)
        for plant in self.plants:
            plant.share = plant.investment / self.total if self.total > 0 else 0.0

    def receive(self) -> None:
        """What arrives of the investment ordered."""
        super().receive()
        for link in self.links:
            link.purchase = link.got * link.input0 * self.total

    def ask_price(self) -> float:
        """Price of its capital goods; returns the relative change."""
        price = self.bill()
        change = abs(price / self.price - 1)
        self.price = price
        return change

    def quote(self) -> None:
        """Bill of what is bought."""
        self.other, self.other_duties = self.other_bill()


class FinalUser(Buyer):
    """The users of one region: they earn all its incomes and spend them."""

    def __init__(self, model: Any, region: Region) -> None:
        super().__init__(model, region)
        region.users = self
        self.price, self.expenditure, self.habit = 1.0, 0.0, 0.0
        self.duty_unit = 0.0

    def quote(self) -> None:
        """Price of final use and duties in a unit of it."""
        self.price, self.duty_unit = self.bill(), self.duties_per_unit()
        self.activity = self.expenditure / self.price


class StateBuyer(Buyer):
    """The state of one region: fixed purchases, paid out of its region's income."""

    def __init__(self, model: Any, region: Region) -> None:
        super().__init__(model, region)
        region.state = self
        self.other, self.other_duties = 0.0, 0.0

    def receive(self) -> None:
        """What arrives of its purchases."""
        for link in self.fixed_links:
            link.purchase = (1 - link.denial) * link.supplier.rationing * link.fixed

    def source(self) -> None:
        """It has no technique."""

    def quote(self) -> None:
        """Its bill."""
        self.other, self.other_duties = self.other_bill()


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
    limit: list[float]
    capacity: list[float] = field(default_factory=list)


class ClosedQuarter(mesa.Model):
    """The economy as agents. `benchmarks.mesa_world.build` fills it; `act_on` brings a quarter's policy; `step` is one."""

    def __init__(self, dt: float = 0.25, **speeds: float) -> None:
        super().__init__()
        self.dt, self.year = dt, 0.0
        self.regions: list[Region] = []
        self.links: list[Link] = []
        self.techniques = 0
        self.labour_speed = 0.0
        self.wage_down = self.wage_up = self.rent_speed = self.rent_erosion = 0.0
        self.rent_pressure = self.expansion_limit = inf
        self.investment_speed = self.investment_price = self.follow_speed = self.input_limit = 0.0
        self.smoothing = self.habit_speed = 0.0
        self.fixed_balance = False
        for name, value in speeds.items():
            setattr(self, name, value)
        self.counted = Counted()

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
            link.pay = link.ship * (1 + link.duty)
            if i < self.techniques:
                link.quality, link.open, link.stock_order = policy.quality[i], policy.open_links[i], policy.stock_order[i]
                link.theta = policy.theta[i]
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

    def step(self) -> None:
        """One quarter: invest, source, deliver with price and trade, account, adjust."""
        self.counted = Counted()
        self.plants.do("invest")
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
            region.wage = region.wage / drift * (demand / now[region]) ** (1 - exp(-speed * self.dt))
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
