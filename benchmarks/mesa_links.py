"""Places and links of the object-per-agent quarter (benchmarks/mesa_quarter.py): plain objects with floats."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.mesa_agents import Buyer, FinalUser, Plant, StateBuyer

NEAR_ONE = 1e-4
"""An elasticity this close to one takes the Cobb-Douglas form (E2)."""


class Region:
    """A place: its wage, its labour, and the accounts that its agents share."""

    def __init__(self, name: int, growth: float) -> None:
        self.name, self.growth = name, growth
        self.plants: list[Plant] = []
        self.wage, self.supply, self.drift = 1.0, 0.0, 0.0
        self.base_balance, self.balance, self.base_trade, self.trade = 0.0, 0.0, 0.0, 0.0
        self.bloc, self.bloc_share = 0, 1.0
        self.income = self.gdp = 0.0
        self.users: FinalUser
        self.state: StateBuyer


class Link:
    """A supplier and a buyer, with the base year, what is ordered, what acts on it and what is delivered."""

    __slots__ = (
        "announced", "base_duty", "base_flow", "base_input", "base_theta", "buyer", "delivered", "denial", "duty", "favour",
        "fixed", "flow", "got", "input", "input0", "open", "paid", "pay", "pay_last", "purchase", "quality", "received",
        "sent", "ship", "stock_order", "supplier", "takeover", "theta",
    )  # fmt: skip

    def __init__(self, supplier: Plant, buyer: Buyer, theta: float, base_input: float, base_duty: float, ordered: float) -> None:
        self.supplier, self.buyer = supplier, buyer
        self.theta = self.base_theta = theta
        self.base_input = self.input0 = base_input
        self.base_duty = self.duty = base_duty
        self.input = ordered
        self.ship, self.denial, self.quality, self.fixed, self.stock_order = 1.0, 0.0, 1.0, 0.0, 0.0
        self.open = True
        self.favour, self.announced, self.takeover, self.base_flow = 1.0, 0.0, 1.0, 0.0
        self.pay = self.pay_last = 1 + base_duty
        self.got = self.delivered = self.paid = self.sent = self.received = self.purchase = self.flow = 0.0

    def arriving(self) -> float:
        """phi (E5): the delivered part of an order; buyers whom the supplier serves first get rho^favour (E38)."""
        part: float = (1 - self.denial) * self.supplier.rationing**self.favour
        return part


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
        self.index, self.stock_target = 1.0, 0.0
        self.goal: list[float] = []  # factor of E4c at the target, by link (E4e)

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

    def reorder(self, upper: float, apart: bool = False) -> None:
        """Orders move towards the cheapest mix (E3) with partial denials routed around (E4b, E4c).

        apart: what stands in for denied goods is left out of the technique and kept for `replace_denied` (E4e).
        """
        wishes = [
            (self.offer(link) / self.index) ** -self.sigma * upper / link.quality if link.open else 0.0 for link in self.links
        ]
        self.goal = self.factors(wishes)
        for link, wish, factor in zip(self.links, wishes, self.goal, strict=True):
            guarded = link.input * min(1.0, link.pay_last / link.pay)
            link.input = (1 - self.speed) * guarded + self.speed * wish * (1.0 if apart else factor)

    def replace_denied(self) -> None:
        """E4e: orders beyond the technique move to E4c's factor at the target, at most to that of what is ordered."""
        most = self.factors([link.input for link in self.links])
        for link, goal, bound in zip(self.links, self.goal, most, strict=True):
            link.takeover = min(bound, link.takeover + self.speed * (goal - link.takeover))

    def factors(self, wishes: list[float]) -> list[float]:
        """E4c's factor of each link: 1 for those that are partly denied themselves."""
        factor = self.rerouting(wishes)
        return [1.0 if link.open and link.denial > 0 else factor for link in self.links]

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
