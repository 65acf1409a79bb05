"""Agents of the closed quarter (benchmarks/mesa_quarter.py): plants, investors, final users, states; one Mesa agent each."""

from __future__ import annotations

from math import exp, inf, isfinite, log
from typing import Any

import mesa

from benchmarks.mesa_links import NEAR_ONE, Cell, Link, Region, power_mean

LEAST = 1e-9
"""Smallest rationing share (E8)."""


class Buyer(mesa.Agent):  # type: ignore[misc]
    """Whoever buys from plants; with a technique unless it is a state."""

    def __init__(self, model: Any, region: Region) -> None:
        super().__init__(model)
        self.region = region
        self.cells: list[Cell] = []
        self.links: list[Link] = []  # those with a technique
        self.fixed_links: list[Link] = []  # those with purchases that follow none
        self.eta, self.labour_share = 1.0, 0.0
        self.apart = False  # whether what replaces denied goods stands beside the technique (E4e)
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
            cell.reorder((cell.index / cost) ** -self.eta, self.apart)
        if self.labour_share > 0:
            part = self.model.labour_speed
            self.labour = (1 - part) * self.labour + part * (self.region.wage / cost) ** -self.eta
        units = self.yield_of([cell.composite("input") for cell in self.cells])
        self.labour = self.labour / units if self.labour_share > 0 else 1.0
        for link in self.links:
            link.input /= units
            link.pay_last = link.pay
        if self.apart:
            for cell in self.cells:
                cell.replace_denied()

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
            link.got = link.arriving() * link.input * link.takeover
        composites = [self.with_stock(cell, cell.composite("got")) for cell in self.cells]
        self.scale = self.yield_of(composites)
        for link in self.links:
            link.delivered = link.got * link.input0 / self.scale
            link.paid, link.sent = link.delivered * link.pay, link.delivered * link.ship
            link.purchase = 0.0
        for link in self.fixed_links:
            link.purchase = link.arriving() * (link.fixed + link.stock_order * link.input0 * link.input)

    def with_stock(self, cell: Cell, q: float) -> float:
        """Only plants hold stocks."""
        return q

    # -- price and trade -----------------------------------------------------------------------------
    def bill(self) -> float:
        """What a unit of the delivered technique costs, duties included."""
        return sum([link.paid * link.supplier.price for link in self.links])

    def duties_per_unit(self) -> float:
        """Duties in a unit of the delivered technique."""
        return sum([link.sent * link.duty * link.supplier.price for link in self.links])

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
        self.output, self.output_expected, self.orders = 0.0, 0.0, 0.0
        self.capacity, self.limit, self.capacity_now = inf, inf, inf
        self.trend, self.idle, self.base_output = 0.0, 0.0, 0.0
        self.firm, self.may_leave, self.closed, self.inherited = "", False, False, 0.0
        self.pipeline: list[float] = []
        self.investment, self.share = 0.0, 0.0
        self.wages_unit, self.bill_unit, self.duty_unit, self.own, self.own_duties = 0.0, 0.0, 0.0, 0.0, 0.0
        self.fixed_sold, self.subsidy_unit = 0.0, 0.0

    # -- decide (E12, E34, E35) ----------------------------------------------------------------------
    def enter(self) -> None:
        """An entrant starts with its given capacity (E34)."""
        if self.opened and not self.was_open:
            self.capacity = self.entry_capacity

    def leave(self) -> None:
        """Of an idle fringe the capital of those firms that leave is scrapped (E35)."""
        if self.investor is not None and not self.closed and self.at_risk():
            self.capacity *= exp(-self.model.firm_exit_rate * self.model.dt)

    def at_risk(self) -> bool:
        """Whether firms of this fringe leave: idle for long, and not the largest of its region and segment (E35)."""
        if self.firm or not self.may_leave or not self.opened or self.idle < self.model.exit_patience:
            return False
        size: dict[str, float] = {}
        for plant in self.neighbours():
            size[plant.firm] = size.get(plant.firm, 0.0) + plant.output
        return size[self.firm] < max(size.values())

    def neighbours(self) -> list[Plant]:
        """Plants of the same region and segment, this one included."""
        return [plant for plant in self.region.plants if plant.segment == self.segment]

    def bequeath(self) -> None:
        """Lines without capital of a plant that has just closed pass to the neighbours, by what they have (E35)."""
        if self.opened or not self.was_open or self.investor is not None:
            return
        heirs = [plant for plant in self.neighbours() if plant.opened and isfinite(plant.capacity)]
        whole = sum(plant.capacity for plant in heirs)
        for plant in heirs:
            plant.inherited += plant.capacity / whole * self.capacity if whole > 0 else 0.0

    def invest(self) -> None:
        """Replace what wears out and close a part of the gap to the capacity wanted (E12)."""
        model = self.model
        self.investment = 0.0
        if self.investor is None:
            return
        ratio = self.price / self.investor.price
        wanted = self.slack * self.orders * (ratio * exp(-self.trend)) ** model.investment_price
        self.trend += (1 - exp(-model.price_trend_speed * model.dt)) * (log(ratio) - self.trend)
        if not self.opened or self.closed:
            return
        kappa = self.kappa if self.kappa > 0 else 1.0
        held = self.capacity if isfinite(self.capacity) else 0.0
        coming = 4 * model.dt * sum(self.pipeline) / kappa
        excess = coming - self.lag * model.dt * self.depreciation * held
        bound = model.expansion_limit * held if isfinite(model.expansion_limit) else inf
        gap, early = wanted - held - excess, self.investor.ahead() * self.depreciation * held / 4
        speed = model.investment_speed * (max(0.0, gap) - max(0.0, -gap - early))
        expansion = min(speed + model.stock_speed * max(0.0, early - max(0.0, -gap)), bound)
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
            output += link.sent * link.buyer.activity
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
        change: float = abs(new - self.rationing)
        self.rationing, self.output_expected = new, self.output
        for cell in self.cells:
            used = cell.drawn * self.output / self.scale
            change, cell.used = max(change, abs(used - cell.used)), used
        return change

    # -- adjust (E10 to E12) -------------------------------------------------------------------------
    def adjust(self) -> None:
        """Rent, capacity, what is being built, stocks, idle time."""
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
        usual = self.base_output * exp(self.region.growth * model.year)
        self.idle = self.idle + dt if self.output < model.exit_threshold * usual else 0.0

    def stored(self, cell: Cell) -> float:
        """What arrived for stock, as a composite."""
        if not any(link.stock_order for link in cell.links):
            return 0.0
        for link in cell.links:
            link.received = link.arriving() * link.stock_order * link.input
        return cell.composite("received")


class Investor(Buyer):
    """Buys capital goods for the plants of one region, segment and owner; it does not order twice (E5c)."""

    def __init__(self, model: Any, region: Region) -> None:
        super().__init__(model, region)
        self.plants: list[Plant] = []
        self.total, self.price, self.other, self.other_duties = 0.0, 1.0, 0.0, 0.0

    def ahead(self) -> float:
        """Quarters of replacement to be bought before an announced control (E27)."""
        return sum(cell.stock_target * cell.share * link.theta * link.announced for cell in self.cells for link in cell.links)

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
        self.price, self.expenditure, self.habit, self.habit_now = 1.0, 0.0, 0.0, 0.0
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
            link.purchase = link.arriving() * link.fixed

    def source(self) -> None:
        """It has no technique."""

    def quote(self) -> None:
        """Its bill."""
        self.other, self.other_duties = self.other_bill()
