"""The closed quarter (docs/equations.md), as a plain dense oracle: numpy only, one function per equation.

Nothing here is fast. Every array is dense, every stage is one function that says what it computes, and the
oracle shares no code with `model/` beyond the container of the base table and the exceptions.

Letters and shapes
    n plants, k investors, R regions, S segments; C = n + k + 2R buyers, of which the first T = n + k + R
    have a technique (plants, investors, final users) and the last R are the states.
    f supplier plant (row), b buyer (column), g buying plant, i investor, r, d regions, s segment.
Units
    Flows are rates per quarter in units of world final expenditure, whatever the step. Prices, wages and
    icebergs are 1 in the base year. A step of `dt` years moves a stock by flow * 4 dt.
Names
    technique a[f, b] is units of f per unit of b, labour l[b] is labour per unit of b. Both lie on the unit
    isoquant of b, F_b = 1. The ORDERED technique is carried; the DELIVERED one is made afresh every quarter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import ConvergenceError, ModelError, TableError
from model.kernel.table import Array, BaseTable, Index

Mask = NDArray[np.bool_]
NEAR_ONE = 1e-4  # an elasticity this close to one takes the Cobb-Douglas formula
SETTLED = 1e-12  # largest change of rationing and of stocks used in the last pass


# ----------------------------------------------------------------------------------------------------
# Parameters, calibrated economy, wedges, state, record
# ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class OracleParameters:
    """Elasticities and speeds; every speed is per year.

    sigma [S]         elasticity between suppliers, by supplying segment
    eta [S]           elasticity between segments and labour, by buying segment
    eta_final         the same for final users
    eta_capital       the same for investors (between the capital goods)
    speed [S]         r_s, how fast ordered quantities move to their target, by supplying segment
    labour_speed      r_L; wage_speed r_w; rent_speed r_mu; investment_speed r_K
    investment_price  psi, response of wanted capacity to price over the price of capital goods
    slack             capacity over orders wanted by an entrant (others: K0 / x0)
    fixed_balance     True keeps B at its base value, False lets it shrink with trade
    """

    sigma: Array
    eta: Array
    eta_final: float
    eta_capital: float
    speed: Array
    labour_speed: float
    wage_speed: float
    rent_speed: float
    investment_speed: float
    investment_price: float
    slack: float
    fixed_balance: bool = False


@dataclass(frozen=True)
class OracleEconomy:
    """The base-year inversion: shares and units per unit of output. No free constants, no elasticities.

    region_of_buyer [C], investor_of [n] (-1: none), latent [n]
    technique [n, T] a0, labour [T] l0, capital_cost [n] depreciation per unit of output at P_K = 1
    lower [n, T] theta, upper [S, T] Theta_s, labour_share [T] Theta_L, markup [n] m
    capital_price [n] kappa, units of purchases per unit of capacity
    tariff [n, C] t0, orders [n, C] O0 (the states' purchases)
    output [n] x0, labour_supply [R] L, expenditure [R] E0, balance [R] B, openness [R] trade / E
    """

    table: BaseTable
    region_of_buyer: Index
    investor_of: Index
    latent: Mask
    technique: Array
    labour: Array
    capital_cost: Array
    lower: Array
    upper: Array
    labour_share: Array
    markup: Array
    capital_price: Array
    tariff: Array
    orders: Array
    output: Array
    labour_supply: Array
    expenditure: Array
    balance: Array
    openness: Array

    @property
    def n(self) -> int:
        """Number of plants."""
        return self.table.plants

    @property
    def k(self) -> int:
        """Number of investors."""
        return len(self.table.investors)

    @property
    def final(self) -> slice:
        """Columns of the final users."""
        return slice(self.n + self.k, self.n + self.k + self.table.regions)

    @property
    def states(self) -> slice:
        """Columns of the states."""
        return slice(self.final.stop, self.final.stop + self.table.regions)

    @property
    def investors(self) -> slice:
        """Columns of the investors."""
        return slice(self.n, self.n + self.k)

    @property
    def buys_in(self) -> Array:
        """[R, C] one where a buyer sits in a region."""
        return np.asarray(self.region_of_buyer == np.arange(self.table.regions)[:, None], dtype=float)

    @property
    def makes_in(self) -> Array:
        """[R, n] one where a plant sits in a region."""
        return self.buys_in[:, : self.n]

    @property
    def makes(self) -> Array:
        """[S, n] one where a plant belongs to a segment."""
        return np.asarray(self.table.segment == np.arange(self.table.segments)[:, None], dtype=float)

    @property
    def invests(self) -> Mask:
        """[n] plants that wear out and buy capital goods."""
        return (self.investor_of >= 0) & (self.capital_price > 0)


@dataclass
class OracleWedges:
    """One quarter's policy, by [plant, buyer]; `neutral` is the state of the base year.

    denial [n, C]        n, denied part of deliveries
    tau [n, C]           iceberg: units shipped per unit delivered
    tariff [n, C]        t, total rate (base tariff included)
    quality [n, C]       v, usable quality, log, relative to the base year
    subsidy [n]          part of the price paid by the plant's region
    opened [n]           plants in business (an entrant: not in the base year)
    orders [n, C]        O, other real purchases by column, rate per quarter
    stock_orders [S, n]  purchases for stock, as a share of current use of the segment
    limit [n]            capacity limit from elsewhere
    """

    denial: Array
    tau: Array
    tariff: Array
    quality: Array
    subsidy: Array
    opened: Mask
    orders: Array
    stock_orders: Array
    limit: Array

    @property
    def pay(self) -> Array:
        """[n, C] tau (1 + t): paid per unit delivered, in units of the mill price."""
        return np.asarray(self.tau * (1 + self.tariff))


@dataclass
class OracleState:
    """What one quarter hands to the next, and nothing else.

    labour [T], technique [n, T]  the ORDERED technique
    wage [R], price [n], capital_price [k], rent [n] (mu)
    capacity [n] K; pipeline [J, n]: row j arrives at the end of the j-th step from now
    stocks [S, n]; pay [n, C] last quarter's tau (1 + t); orders [n]; expenditure [R]; openness [R]; opened [n]
    """

    labour: Array
    technique: Array
    wage: Array
    price: Array
    capital_price: Array
    rent: Array
    capacity: Array
    pipeline: Array
    stocks: Array
    pay: Array
    orders: Array
    expenditure: Array
    openness: Array
    opened: Mask


@dataclass
class OracleRecord:
    """Everything one quarter computed; `errors` are the residuals of the identities.

    wage [R] and rent [n] are those in force, `employment_gap` [R] is L^D/L - 1
    price [n], price_index [R], capital_price [k], output [n], expenditure [R], income [R], real_income [R]
    value [n, C] deliveries at basic prices, quantity [n, C] units shipped (iceberg included)
    trade [R, R] at basic prices, profit [n], net_profit_income [R] N, gdp [R], gnp [R], balance [R] B, bloc [R]
    orders [n] at rho = 1, rationing [n] rho, stock_use [S, n], stocks [S, n] at the start, capacity [n] in force
    investment [n] ordered, new_capital [n] delivered, ordered [n, T], placed [n, T] orders per unit produced,
    delivered [n, T] the delivered technique, passes of the rationing loop
    """

    wage: Array
    rent: Array
    employment_gap: Array
    price: Array
    price_index: Array
    capital_price: Array
    output: Array
    expenditure: Array
    income: Array
    real_income: Array
    value: Array
    quantity: Array
    trade: Array
    profit: Array
    net_profit_income: Array
    gdp: Array
    gnp: Array
    balance: Array
    bloc: Index
    orders: Array
    rationing: Array
    stock_use: Array
    stocks: Array
    capacity: Array
    investment: Array
    new_capital: Array
    ordered: Array
    placed: Array
    delivered: Array
    passes: int
    errors: dict[str, float]


# ----------------------------------------------------------------------------------------------------
# Base-year inversion
# ----------------------------------------------------------------------------------------------------
def quotient(above: Array, below: Array, otherwise: float = 0.0) -> Array:
    """above / below where below > 0, else `otherwise`."""
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.full(below.shape, float(otherwise)), where=below > 0)


def calibrate(table: BaseTable) -> OracleEconomy:
    """Shares and coefficients that make the balanced table a fixed point with all prices at 1."""
    n, regions, flow = table.plants, table.regions, table.flow
    location, segment, investors = table.location, table.segment, table.investors
    k, technical = len(investors), n + len(investors) + regions
    region_of_buyer = np.concatenate([location, investors[:, 0], np.arange(regions), np.arange(regions)]).astype(int)
    tariff = table.tariff[location[:, None], region_of_buyer[None, :], segment[:, None]]
    named = {tuple(row): i for i, row in enumerate(investors.tolist())}
    who = np.column_stack([location, segment, table.owner.argmax(0)])[:, : investors.shape[1]]  # a third column: owner
    investor_of = np.array([named.get(tuple(row), -1) for row in who.tolist()], dtype=int)
    output, wages, investment = table.output, table.wages, table.investment
    latent = output == 0

    # units and labour per unit of output, of investment, of final expenditure
    bought = np.array([investment[investor_of == i].sum() for i in range(k)])
    expenditure = ((1 + tariff) * flow)[:, n + k : technical].sum(0)
    size = np.concatenate([np.where(latent, 1, output), bought, expenditure])
    technique, labour = quotient(flow[:, :technical], size), np.zeros(technical)
    labour[:n] = wages / size[:n]
    capital_cost = investment / size[:n]
    capital_price = quotient(4 * investment, table.depreciation * table.capacity)
    if np.any((investment > 0) & ~(np.isfinite(table.capacity) & (table.depreciation * table.capacity > 0))):
        raise TableError("a plant that invests needs a finite capacity and a depreciation rate")

    # an entrant is notional: means of its region and segment (the world's if none), weighted by output
    for f in np.flatnonzero(latent):
        peers = (segment == segment[f]) & ~latent
        at_home = peers & (location == location[f])
        weight = np.where(at_home if at_home.any() else peers, output, 0.0)
        weight = weight / weight.sum()
        technique[:, f], labour[f] = technique[:, :n] @ weight, labour[:n] @ weight
        capital_cost[f], capital_price[f] = capital_cost @ weight, capital_price @ weight

    # cost shares: theta within a segment, Theta between segments and labour
    makes = np.asarray(segment == np.arange(table.segments)[:, None], dtype=float)
    spending = (1 + tariff[:, :technical]) * technique
    by_segment = makes @ spending
    current_cost = labour + spending.sum(0)
    lower = quotient(spending, by_segment[segment])
    entering = latent[:, None] & (by_segment[segment] > 0)
    lower = np.where(entering, table.theta[:, None], lower)  # an entrant's share comes on top of one
    technique = np.where(entering, lower * by_segment[segment] / (1 + tariff[:, :technical]), technique)

    # incomes and balances of the base year, Y = wages + profits owned + duties - the state's purchases
    buys_in = np.asarray(region_of_buyer == np.arange(regions)[:, None], dtype=float)
    paid, duty = (1 + tariff) * flow, (tariff * flow).sum(0)
    profit = output - wages - paid[:, :n].sum(0) - investment
    income = buys_in[:, :n] @ wages + table.owner @ profit + buys_in @ duty - paid[:, technical:].sum(0)
    trade = buys_in[:, :n] @ flow @ buys_in.T
    orders = np.zeros_like(flow)
    orders[:, technical:] = flow[:, technical:]
    economy = OracleEconomy(
        table=table, region_of_buyer=region_of_buyer, investor_of=investor_of, latent=latent,
        technique=technique, labour=labour, capital_cost=capital_cost,
        lower=lower, upper=quotient(by_segment, current_cost), labour_share=quotient(labour, current_cost),
        markup=1 / (current_cost[:n] + capital_cost), capital_price=capital_price,
        tariff=tariff, orders=orders, output=output, labour_supply=buys_in[:, :n] @ wages,
        expenditure=expenditure, balance=expenditure - income, openness=openness(trade, expenditure),
    )  # fmt: skip
    refuse_unbalanced(economy, bought, income)
    return economy


def refuse_unbalanced(economy: OracleEconomy, bought: Array, income: Array) -> None:
    """Raise unless sum E = 1, sum B = 0, investors spend what their plants invest and every plant pays wages."""
    flow, columns = economy.table.flow, economy.investors
    spent = ((1 + economy.tariff) * flow)[:, columns].sum(0)
    if abs(economy.expenditure.sum() - 1) > 1e-10 or abs(economy.balance.sum()) > 1e-10:
        raise TableError("world expenditure is not 1, or the balances do not add to 0")
    if len(bought) and abs(spent - bought).max() > 1e-10:
        raise TableError("an investor does not spend what its plants invest")
    if np.any(economy.labour[: economy.n] <= 0):
        raise TableError("a plant pays no wages")


def openness(trade: Array, expenditure: Array) -> Array:
    """[R] exports plus imports at basic prices over final expenditure."""
    return np.asarray((trade.sum(1) + trade.sum(0) - 2 * np.diag(trade)) / expenditure)


def neutral(economy: OracleEconomy) -> OracleWedges:
    """No policy: base tariffs, base purchases of the states, entrants closed."""
    n, columns, segments = economy.n, len(economy.region_of_buyer), economy.table.segments
    return OracleWedges(
        denial=np.zeros((n, columns)), tau=np.ones((n, columns)), tariff=economy.tariff.copy(),
        quality=np.zeros((n, columns)), subsidy=np.zeros(n), opened=~economy.latent, orders=economy.orders.copy(),
        stock_orders=np.zeros((segments, n)), limit=np.full(n, np.inf),
    )  # fmt: skip


def build_steps(economy: OracleEconomy, dt: float) -> Index:
    """[n] steps from purchase to capacity."""
    return np.round(economy.table.build_lag / dt).astype(int)


def initial_state(economy: OracleEconomy, dt: float) -> OracleState:
    """The base year: techniques, prices and capacities of the table, the pipeline filled with I0."""
    table, steps = economy.table, build_steps(economy, dt)
    ahead = np.arange(int(steps.max(initial=0)) + 1)[:, None]
    return OracleState(
        labour=economy.labour.copy(), technique=np.where(economy.latent[:, None], 0.0, economy.technique),
        wage=np.ones(table.regions), price=np.ones(economy.n), capital_price=np.ones(economy.k),
        rent=np.zeros(economy.n),
        capacity=table.capacity.copy(), pipeline=np.where(ahead < steps, table.investment, 0.0),
        stocks=np.zeros((table.segments, economy.n)), pay=1 + economy.tariff, orders=economy.output.copy(),
        expenditure=economy.expenditure.copy(), openness=economy.openness.copy(), opened=~economy.latent,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------
# Nested CES in ratios to the base year: primal and dual
# ----------------------------------------------------------------------------------------------------
def eta_of_buyers(economy: OracleEconomy, parameters: OracleParameters) -> Array:
    """[T] upper elasticity of every buyer with a technique."""
    return np.concatenate([
        parameters.eta[economy.table.segment],
        np.full(economy.k, parameters.eta_capital),
        np.full(economy.table.regions, parameters.eta_final),
    ])  # fmt: skip


def is_unit(elasticity: Array | float) -> Mask:
    """Whether the Cobb-Douglas formula applies."""
    return np.asarray(abs(np.asarray(elasticity, dtype=float) - 1) < NEAR_ONE)


def power_mean(ratio: Array, weight: Array, exponent: Array | float, cobb_douglas: Mask) -> Array:
    """(sum_f weight ratio^exponent)^(1/exponent) down the rows; terms without weight are left out.

    `exponent` and `cobb_douglas` (geometric mean) are scalars or one per column. Weights need not add to one (an
    entrant comes on top, a cut supplier is missing). A column without any weight gives 0.
    """
    used = weight > 0
    ratio = np.where(used, ratio, 1.0)
    exponent = np.where(cobb_douglas, 1.0, exponent)
    with np.errstate(divide="ignore", over="ignore"):
        mean = (weight * ratio**exponent).sum(0) ** (1 / exponent)
        if np.any(cobb_douglas):
            geometric = np.exp(quotient((weight * np.log(ratio)).sum(0), weight.sum(0)))
            mean = np.where(cobb_douglas, geometric, mean)
    return np.where(used.any(0), mean, 0.0)


def composites(
    economy: OracleEconomy, parameters: OracleParameters, technique: Array, quality: Array, open_links: Mask
) -> Array:
    """q_sb [S, T] = (sum_{f in s} theta (e^v a / a0)^((sigma-1)/sigma))^(sigma/(sigma-1)), ratio to the base year."""
    ratio = np.exp(quality) * quotient(technique, economy.technique)
    q = np.zeros_like(economy.upper)
    for s, sigma in enumerate(parameters.sigma):
        rows = economy.table.segment == s
        weight = (economy.lower * open_links)[rows]
        q[s] = power_mean(ratio[rows], weight, (sigma - 1) / sigma, is_unit(sigma))
    return q


def produced(economy: OracleEconomy, parameters: OracleParameters, labour: Array, q: Array) -> Array:
    """F_b [T] = (Theta_L (l / l0)^((eta-1)/eta) + sum_s Theta_s q_s^((eta-1)/eta))^(eta/(eta-1)); raises if not > 0."""
    ratio = np.vstack([quotient(labour, economy.labour), q])
    weight = np.vstack([economy.labour_share, economy.upper])
    eta = eta_of_buyers(economy, parameters)
    units = power_mean(ratio, weight, (eta - 1) / eta, is_unit(eta))
    if not np.all(units > 0):
        b = int(np.flatnonzero(~(units > 0))[0])
        empty = np.flatnonzero((economy.upper[:, b] > 0) & ~(q[:, b] > 0))
        raise ModelError(f"buyer {b} in region {economy.region_of_buyer[b]} cannot produce; empty segments {empty}")
    return units


def cheapest(
    economy: OracleEconomy, parameters: OracleParameters, wage: Array, price: Array, wedges: OracleWedges, usable: Mask
) -> tuple[Array, Array]:
    """Cost-minimising labour [T] and technique [n, T] at delivered prices.

    d = p tau (1+t) / ((1+t0) e^v);  P_s = (sum theta d^(1-sigma))^(1/(1-sigma));
    c = (Theta_L w^(1-eta) + sum Theta_s P_s^(1-eta))^(1/(1-eta));
    a* = a0 e^-v (d/P_s)^-sigma (P_s/c)^-eta;  l* = l0 (w/c)^-eta.
    """
    technical, segment = economy.technique.shape[1], economy.table.segment
    quality = wedges.quality[:, :technical]
    d = price[:, None] * (wedges.pay / (1 + economy.tariff))[:, :technical] * np.exp(-quality)
    P = np.ones_like(economy.upper)
    for s, sigma in enumerate(parameters.sigma):
        rows = segment == s
        index = power_mean(d[rows], (economy.lower * usable)[rows], 1 - sigma, is_unit(sigma))
        P[s] = np.where(index > 0, index, 1.0)
    wages = wage[economy.region_of_buyer[:technical]]
    inputs, weight = np.vstack([wages, P]), np.vstack([economy.labour_share, economy.upper])
    eta = eta_of_buyers(economy, parameters)
    c = power_mean(inputs, weight, 1 - eta, is_unit(eta))
    within = (d / P[segment]) ** -parameters.sigma[segment][:, None]
    between = (P / c)[segment] ** -eta
    technique = economy.technique * np.exp(-quality) * within * between
    return economy.labour * (wages / c) ** -eta, np.where(usable, technique, 0.0)


# ----------------------------------------------------------------------------------------------------
# Stage: decide (investment and stock building)
# ----------------------------------------------------------------------------------------------------
def capacity_in_force(economy: OracleEconomy, state: OracleState, wedges: OracleWedges) -> Array:
    """K [n] at the start of the quarter; the capacity of an entrant comes with its entry."""
    enters = wedges.opened & ~state.opened & economy.latent
    return np.where(enters, economy.table.entry_capacity, state.capacity)


def investment(
    economy: OracleEconomy,
    state: OracleState,
    wedges: OracleWedges,
    capacity: Array,
    dt: float,
    parameters: OracleParameters,
) -> Array:
    """I_g [n] = (kappa/4) max(0, dep K + r_K [K* - K - (pipeline/kappa - lag dep K)]).

    K* = (K0/x0) orders(t-1) (p_g / P_K)(t-1)^psi. The pipeline's second term is what replacement alone keeps in it.
    """
    plan = np.zeros(economy.n)
    rate, lag = economy.table.depreciation, build_steps(economy, dt) * dt
    for g in np.flatnonzero(economy.invests & wedges.opened):
        slack = parameters.slack if economy.latent[g] else economy.table.capacity[g] / economy.output[g]
        relative = state.price[g] / state.capital_price[economy.investor_of[g]]
        wanted = slack * state.orders[g] * relative**parameters.investment_price
        coming = 4 * dt * state.pipeline[:, g].sum() / economy.capital_price[g] - lag[g] * rate[g] * capacity[g]
        gross = rate[g] * capacity[g] + parameters.investment_speed * (wanted - capacity[g] - coming)
        plan[g] = economy.capital_price[g] / 4 * max(0.0, gross)
    return plan


def by_investor(economy: OracleEconomy, plan: Array) -> tuple[Array, Array]:
    """Orders of each investor [k], and each plant's part of its investor's orders [n, k]."""
    belongs = economy.investor_of[:, None] == np.arange(economy.k)
    total = belongs.T @ plan
    return total, quotient(belongs * plan[:, None], total)


# ----------------------------------------------------------------------------------------------------
# Stage: source (the ordered technique moves)
# ----------------------------------------------------------------------------------------------------
def open_links(economy: OracleEconomy, wedges: OracleWedges, parameters: OracleParameters) -> Mask:
    """[n, T] links that may carry orders: supplier in business, not fully denied, in the base table or entering."""
    exists = economy.lower > 0
    usable = exists & wedges.opened[:, None] & (wedges.denial[:, : exists.shape[1]] < 1)
    inelastic = (parameters.sigma < 1 + NEAR_ONE)[economy.table.segment][:, None]
    if np.any(inelastic & np.where(economy.latent[:, None], usable, exists & ~usable)):
        raise ModelError("a segment with an elasticity of one or less takes no full cut and no entrant")
    return usable


def full_cuts(
    economy: OracleEconomy, parameters: OracleParameters, technique: Array, quality: Array, usable: Mask
) -> Array:
    """(a) Cut links carry nothing; the open suppliers of the segment take the order over in proportion."""
    left = np.where(usable, technique, 0.0)
    before = composites(economy, parameters, technique, quality, economy.lower > 0)
    after = composites(economy, parameters, left, quality, usable)
    return left * quotient(before, after, otherwise=1.0)[economy.table.segment]


def rerouted_target(
    economy: OracleEconomy, parameters: OracleParameters, target: Array, wedges: OracleWedges, usable: Mask
) -> Array:
    """(c) Where links are denied in part, undenied suppliers take the lost part over in the target.

    a* <- a* (1 + lost/free)^(sigma/(sigma-1)), z = theta (e^v a*/a0)^((sigma-1)/sigma),
    lost = sum over denied links of z (1 - (1-n)^((sigma-1)/sigma)), free = sum over undenied links of z.
    """
    technical = target.shape[1]
    denial, quality = wedges.denial[:, :technical], wedges.quality[:, :technical]
    denied = usable & (denial > 0)
    target = target.copy()
    for s, sigma in enumerate(parameters.sigma):
        rows = economy.table.segment == s
        if not denied[rows].any() or is_unit(sigma):
            continue
        exponent = (sigma - 1) / sigma
        for b in np.flatnonzero(denied[rows].any(0)):
            on, held = rows & usable[:, b], denied[:, b]
            free_links, held_links = on & ~held, on & held
            z = np.zeros(economy.n)
            ratio = np.exp(quality[on, b]) * target[on, b] / economy.technique[on, b]
            z[on] = economy.lower[on, b] * ratio**exponent
            lost, free = (z * (1 - (1 - denial[:, b]) ** exponent))[held_links].sum(), z[free_links].sum()
            if free > 0:
                target[free_links, b] *= (1 + lost / free) ** (1 / exponent)
    return target


def moved_part(speed: Array | float, dt: float) -> Array:
    """1 - exp(-speed dt)."""
    return np.asarray(-np.expm1(-np.asarray(speed, dtype=float) * dt))


def source(
    economy: OracleEconomy, state: OracleState, wedges: OracleWedges, dt: float, parameters: OracleParameters
) -> tuple[Array, Array, Mask]:
    """Ordered labour [T] and technique [n, T], on the isoquant, and the open links."""
    technical, segment = economy.technique.shape[1], economy.table.segment
    quality = wedges.quality[:, :technical]
    usable = open_links(economy, wedges, parameters)
    technique = full_cuts(economy, parameters, state.technique, quality, usable)
    technique = technique * np.minimum(1.0, state.pay / wedges.pay)[:, :technical]  # (b) guard
    labour_target, target = cheapest(economy, parameters, state.wage, state.price, wedges, usable)
    target = rerouted_target(economy, parameters, target, wedges, usable)
    move, move_labour = moved_part(parameters.speed, dt)[segment][:, None], moved_part(parameters.labour_speed, dt)
    technique = (1 - move) * technique + move * target
    labour = (1 - move_labour) * state.labour + move_labour * labour_target
    units = produced(economy, parameters, labour, composites(economy, parameters, technique, quality, usable))
    return labour / units, technique / units, usable  # (d) back to the isoquant


# ----------------------------------------------------------------------------------------------------
# Blocs and balances
# ----------------------------------------------------------------------------------------------------
def blocs(linked: Mask) -> Index:
    """[R] label of the connected part each region is in (its first region)."""
    regions = len(linked)
    label = np.arange(regions)
    for _ in range(regions):
        for o, d in zip(*np.nonzero(linked), strict=True):
            label[o] = label[d] = min(label[o], label[d])
    return label


def paid_balances(economy: OracleEconomy, state: OracleState, bloc: Index, parameters: OracleParameters) -> Array:
    """B [R]: shrinks with trade, and adds to zero in each bloc by scaling its larger side down."""
    if parameters.fixed_balance:
        return economy.balance.copy()
    balance = economy.balance * np.minimum(1.0, quotient(state.openness, economy.openness, otherwise=1.0))
    for c in np.unique(bloc):
        plus, minus = (bloc == c) & (balance > 0), (bloc == c) & (balance < 0)
        borrowed, lent = balance[plus].sum(), -balance[minus].sum()
        agreed = min(borrowed, lent)
        balance[plus] *= agreed / borrowed if borrowed > 0 else 0.0
        balance[minus] *= agreed / lent if lent > 0 else 0.0
    return balance


def paid_owners(economy: OracleEconomy, bloc: Index) -> Array:
    """Omega [R, n]; the profit of a plant in another bloc than its owner's stays with the plant's region."""
    owner, location = economy.table.owner, economy.table.location
    apart = bloc[:, None] != bloc[location][None, :]
    return np.where(apart, 0.0, owner) + economy.makes_in * np.where(apart, owner, 0.0).sum(0)


# ----------------------------------------------------------------------------------------------------
# Stages: price, trade (two linear solves for a given delivered technique)
# ----------------------------------------------------------------------------------------------------
@dataclass
class Purchases:
    """What is bought this quarter beside current inputs and final use, and who is paid.

    fixed [n, C] units delivered; share [n, k] of each investor's bill; owner [R, n]; bloc [R]; balance [R]
    """

    fixed: Array
    share: Array
    owner: Array
    bloc: Index
    balance: Array


@dataclass
class Market:
    """price [n], price_index [R], capital_price [k], output [n], expenditure [R], walras: largest residual."""

    price: Array
    price_index: Array
    capital_price: Array
    output: Array
    expenditure: Array
    walras: float


def solve_prices(
    economy: OracleEconomy, labour: Array, technique: Array, state: OracleState, wedges: OracleWedges
) -> Array:
    """p_g = m (1+mu)(1-subsidy) [w l + sum_f a_fg tau(1+t) p_f + (dep/4) kappa k0 P_K], one linear system."""
    n = economy.n
    per_unit = technique * wedges.pay[:, : technique.shape[1]]  # in units of p_f
    inputs = per_unit[:, :n].T.copy()
    for g in np.flatnonzero(economy.investor_of >= 0):
        inputs[g] += economy.capital_cost[g] * per_unit[:, n + economy.investor_of[g]]
    factor = economy.markup * (1 + state.rent) * (1 - wedges.subsidy)
    wages = state.wage[economy.table.location] * labour[:n]
    price = np.linalg.solve(np.eye(n) - factor[:, None] * inputs, factor * wages)
    if not np.all(price > 0):
        raise ModelError(f"price of plant {np.flatnonzero(~(price > 0))[0]} is not positive")
    return np.asarray(price)


def subsidies(price: Array, wedges: OracleWedges) -> Array:
    """[n] paid by the state per unit sold: the producer gets p / (1 - subsidy)."""
    return price * wedges.subsidy / (1 - wedges.subsidy)


def solve_trade(
    economy: OracleEconomy,
    labour: Array,
    technique: Array,
    state: OracleState,
    wedges: OracleWedges,
    purchases: Purchases,
) -> Market:
    """Outputs x and expenditures E jointly, one dense linear system of n + R equations.

    markets   x_f - sum_g tau a_fg x_g - sum_d tau a_fd E_d / P_d = sum_b tau O_fb
    budgets   E_r - wages_r - sum_g Omega_rg profit_g - duties_r + subsidies_r + state_r = B_r
    One budget per bloc follows from the others; it is replaced by the bloc's part of world expenditure
    (last quarter's; a single bloc: sum E = 1, the numeraire).
    """
    n, technical, regions = economy.n, technique.shape[1], economy.table.regions
    price = solve_prices(economy, labour, technique, state, wedges)
    cost = (technique * wedges.pay[:, :technical]).T @ price  # [T] inputs per unit, duties included
    price_index = cost[economy.final]
    shipped = wedges.tau[:, :technical] * technique
    duty = (shipped * wedges.tariff[:, :technical]).T @ price  # [T] per unit bought
    wages, subsidy = state.wage[economy.table.location] * labour[:n], subsidies(price, wedges)
    profit = price + subsidy - wages - cost[:n]  # per unit, before other purchases
    other = (purchases.fixed * wedges.pay * price[:, None]).sum(0)  # [C] bill of O
    other_duty = (purchases.fixed * wedges.tau * wedges.tariff * price[:, None]).sum(0)
    plant_bill = other[:n] + purchases.share @ other[economy.investors]

    matrix, right = np.eye(n + regions), np.zeros(n + regions)
    matrix[:n, :n] -= shipped[:, :n]
    matrix[:n, n:] -= shipped[:, economy.final] / price_index
    right[:n] = (wedges.tau * purchases.fixed).sum(1)
    matrix[n:, :n] -= economy.makes_in * (wages + duty[:n] - subsidy) + purchases.owner * profit
    matrix[n:, n:] -= np.diag(duty[economy.final] / price_index)
    right[n:] = (
        purchases.balance - purchases.owner @ plant_bill - other[economy.states] + economy.buys_in @ other_duty
    )  # fmt: skip

    closed, closed_right = matrix.copy(), right.copy()
    for c in np.unique(purchases.bloc):
        members = purchases.bloc == c
        row = n + int(np.flatnonzero(members)[-1])
        closed[row] = np.concatenate([np.zeros(n), members.astype(float)])
        closed_right[row] = 1.0 if members.all() else state.expenditure[members].sum() / state.expenditure.sum()
    solution = np.linalg.solve(closed, closed_right)
    if not np.all(solution[n:] > 0):
        raise ModelError(f"expenditure of region {np.flatnonzero(~(solution[n:] > 0))[0]} is not positive")
    return Market(
        price=price, price_index=price_index, capital_price=cost[economy.investors],
        output=np.where(wedges.opened, solution[:n], 0.0), expenditure=solution[n:],
        walras=float(abs(matrix @ solution - right).max()),
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------
# Stage: deliver (denial, rationing and stocks; nothing of it is carried)
# ----------------------------------------------------------------------------------------------------
@dataclass
class Delivery:
    """The quarter after rationing has settled.

    market; labour [T] and technique [n, T] delivered; purchases delivered; rationing [n] rho; passed [n, C] phi;
    units [T] F_b that a unit of orders makes; stock_use [S, n] D; orders [n] at rho = 1; passes
    """

    market: Market
    labour: Array
    technique: Array
    purchases: Purchases
    rationing: Array
    passed: Array
    units: Array
    stock_use: Array
    orders: Array
    passes: int


@dataclass
class Plan:
    """Ordered: labour [T], technique [n, T], open links, stock orders [n, C] and investors' totals [k]."""

    labour: Array
    technique: Array
    usable: Mask
    stock_orders: Array
    investor_orders: Array


def stock_orders(economy: OracleEconomy, state: OracleState, wedges: OracleWedges, technique: Array) -> Array:
    """[n, C] orders for stock: a share of last quarter's use, from the ordered suppliers."""
    orders = np.zeros((economy.n, len(economy.region_of_buyer)))
    orders[:, : economy.n] = wedges.stock_orders[economy.table.segment] * technique[:, : economy.n] * state.orders
    return orders


def possible_trade(economy: OracleEconomy, wedges: OracleWedges, plan: Plan) -> Mask:
    """[R, R] regions between which a delivery is possible this quarter, before rationing."""
    n, technical = economy.n, plan.technique.shape[1]
    ordered = wedges.orders + plan.stock_orders
    ordered[:, :technical] += plan.technique * np.concatenate(
        [wedges.opened.astype(float), plan.investor_orders, np.ones(economy.table.regions)]
    )
    ordered[:, :n] *= wedges.opened
    possible = (ordered * (1 - wedges.denial))[wedges.opened]
    return (economy.makes_in[:, wedges.opened] @ possible @ economy.buys_in.T) > 0


def draw_stocks(
    economy: OracleEconomy, wanted: Array, received: Array, units: Array, output: Array, stocks: Array, dt: float
) -> Array:
    """delta_sb [S, n] = min(shortfall of q_sb, S_sb F_b / (4 dt x_b))."""
    shortfall = np.maximum(0.0, wanted - received)[:, : economy.n]
    shortfall = np.where(shortfall > 1e-13, shortfall, 0.0)
    return np.minimum(shortfall, stocks * units[: economy.n] / (4 * dt * np.maximum(output, 1e-300)))


def deliver(
    economy: OracleEconomy,
    state: OracleState,
    wedges: OracleWedges,
    plan: Plan,
    terms: Purchases,
    capacity: Array,
    dt: float,
    parameters: OracleParameters,
) -> Delivery:
    """Ration where x > K and let stocks fill shortfalls, until neither moves.

    phi = (1 - n) rho.  Delivered technique: (l, phi a) back on the isoquant, stocks added to the composites.
    rho_f <- min(1, rho_f K_f / x_f).  Investors do not order twice, so their quantities are not projected.
    """  # fmt: skip
    technical, quality = plan.technique.shape[1], wedges.quality[:, : plan.technique.shape[1]]
    wanted = composites(economy, parameters, plan.technique, quality, plan.usable)
    rationing, use = np.ones(economy.n), np.zeros((economy.table.segments, economy.n))
    output, units, orders = state.orders, np.ones(technical), state.orders
    for passes in range(3000):
        passed = (1 - wedges.denial) * rationing[:, None]
        received = passed[:, :technical] * plan.technique
        q = composites(economy, parameters, received, quality, plan.usable)
        drawn = draw_stocks(economy, wanted, q, units, output, state.stocks, dt)
        q[:, : economy.n] += drawn
        units = produced(economy, parameters, plan.labour, q)
        fixed = passed * (wedges.orders + plan.stock_orders)
        fixed[:, economy.investors] += received[:, economy.investors] * plan.investor_orders
        purchases = Purchases(fixed, terms.share, terms.owner, terms.bloc, terms.balance)
        labour, technique = plan.labour / units, received / units
        market = solve_trade(economy, labour, technique, state, wedges, purchases)
        output = market.output
        if passes == 0:
            orders = output
        new_use = drawn * output / units[: economy.n]
        new_rationing = np.minimum(1.0, rationing * capacity / np.maximum(output, 1e-300))
        change = max(abs(new_rationing - rationing).max(), abs(new_use - use).max())
        if change < SETTLED:
            return Delivery(
                market, labour, technique, purchases, rationing, passed, units, new_use, orders, passes
            )  # fmt: skip
        rationing, use = new_rationing, new_use
    raise ConvergenceError("rationing", float(change))


# ----------------------------------------------------------------------------------------------------
# Stage: account (every flow again from deliveries, then the identities)
# ----------------------------------------------------------------------------------------------------
@dataclass
class Accounts:
    """Flows and incomes recomputed from deliveries; the fields of the same name in `OracleRecord`."""

    value: Array
    quantity: Array
    trade: Array
    income: Array
    profit: Array
    net_profit_income: Array
    gdp: Array
    errors: dict[str, float]


def account(economy: OracleEconomy, state: OracleState, wedges: OracleWedges, delivery: Delivery) -> Accounts:
    """Incomes, trade and GDP from the delivered units only, and the residual of every identity."""
    n, market, bought = economy.n, delivery.market, delivery.purchases
    price, output = market.price, market.output
    units = bought.fixed.copy()
    units[:, :n] += delivery.technique[:, :n] * output
    units[:, economy.final] += delivery.technique[:, economy.final] * market.expenditure / market.price_index
    quantity = wedges.tau * units
    value = price[:, None] * quantity
    duty, paid = wedges.tariff * value, (1 + wedges.tariff) * value
    other = ((1 + wedges.tariff) * wedges.tau * bought.fixed * price[:, None]).sum(0)
    plant_other = other[:n] + bought.share @ other[economy.investors]
    current = paid[:, :n].sum(0) - other[:n]
    wages = state.wage[economy.table.location] * delivery.labour[:n] * output
    subsidy = subsidies(price, wedges) * output
    profit = price * output + subsidy - wages - current - plant_other

    makes_in, state_bill = economy.makes_in, other[economy.states]
    taxes = economy.buys_in @ duty.sum(0) - makes_in @ subsidy
    income = makes_in @ wages + bought.owner @ profit + taxes - state_bill
    expenditure = paid[:, economy.final].sum(0)
    trade = makes_in @ value @ economy.buys_in.T
    net_exports = trade.sum(1) - trade.sum(0)
    net_profit_income = bought.owner @ profit - makes_in @ profit
    gdp = makes_in @ (price * output + subsidy - current) + taxes
    all_other = makes_in @ plant_other + state_bill
    within = [bought.bloc == c for c in np.unique(bought.bloc)]
    errors = {
        "markets": (abs(quantity.sum(1) - output) / np.maximum(output, 1e-12)).max(),
        "budgets": abs(expenditure - income - bought.balance).max(),
        "trade": abs(net_exports + bought.balance + net_profit_income).max(),
        "gdp": abs(gdp - expenditure - all_other - net_exports).max(),
        "numeraire": abs(expenditure.sum() - 1),
        "balances": max(abs(bought.balance[c].sum()) for c in within),
        "profits_abroad": max(abs(net_profit_income[c].sum()) for c in within),
        "walras": market.walras,
    }
    errors = {name: float(error) for name, error in errors.items()}
    return Accounts(value, quantity, trade, income, profit, net_profit_income, gdp, errors)


# ----------------------------------------------------------------------------------------------------
# Stage: adjust, and the whole quarter
# ----------------------------------------------------------------------------------------------------
def adjusted_wage(state: OracleState, demand: Array, supply: Array, dt: float, parameters: OracleParameters) -> Array:
    """w <- w (L^D / L)^(1 - exp(-r_w dt))."""
    return np.asarray(state.wage * (demand / supply) ** moved_part(parameters.wage_speed, dt))


def adjusted_rent(state: OracleState, orders: Array, capacity: Array, dt: float, parameters: OracleParameters) -> Array:
    """mu <- max(0, mu + r_mu dt ln(orders / K)); a plant without orders keeps its rent."""
    pressure = np.zeros(len(orders))
    busy = (orders > 0) & np.isfinite(capacity)
    pressure[busy] = np.log(orders[busy] / capacity[busy])
    pressure[(orders > 0) & np.isinf(capacity)] = -np.inf
    return np.maximum(0.0, state.rent + parameters.rent_speed * dt * pressure)


def grown_capacity(
    economy: OracleEconomy, state: OracleState, capacity: Array, new_capital: Array, dt: float
) -> tuple[Array, Array]:
    """K(t+1) = K (1 - dep dt) + 4 dt new_capital(t - lag) / kappa, and the pipeline one step on."""
    pipeline = np.vstack([state.pipeline, np.zeros(economy.n)])
    pipeline[build_steps(economy, dt), np.arange(economy.n)] += new_capital
    arriving = 4 * dt * quotient(pipeline[0], economy.capital_price)
    grown = capacity * (1 - economy.table.depreciation * dt) + arriving
    return np.where(economy.invests, grown, capacity), pipeline[1:]


def step(
    economy: OracleEconomy, state: OracleState, wedges: OracleWedges, dt: float, parameters: OracleParameters
) -> tuple[OracleState, OracleRecord]:
    """One quarter: decide, source, deliver (price and trade inside), account, adjust."""
    capacity = capacity_in_force(economy, state, wedges)
    limit = np.where(wedges.opened, np.minimum(capacity, wedges.limit), np.inf)
    plan_of_plants = investment(economy, state, wedges, capacity, dt, parameters)
    investor_orders, share = by_investor(economy, plan_of_plants)

    labour, technique, usable = source(economy, state, wedges, dt, parameters)
    plan = Plan(labour, technique, usable, stock_orders(economy, state, wedges, technique), investor_orders)
    bloc = blocs(possible_trade(economy, wedges, plan))
    balance = paid_balances(economy, state, bloc, parameters)
    terms = Purchases(np.zeros_like(wedges.orders), share, paid_owners(economy, bloc), bloc, balance)
    delivery = deliver(economy, state, wedges, plan, terms, limit, dt, parameters)
    market, books = delivery.market, account(economy, state, wedges, delivery)

    n, technical, belongs = economy.n, technique.shape[1], economy.investor_of
    demand = economy.makes_in @ (delivery.labour[:n] * market.output)
    made = np.where(belongs >= 0, delivery.units[n + belongs], 1.0)  # new capital per unit of orders
    new_capital = plan_of_plants * made
    next_capacity, pipeline = grown_capacity(economy, state, capacity, new_capital, dt)
    for_stock = (delivery.passed * plan.stock_orders)[:, :technical]
    bought = composites(economy, parameters, for_stock, wedges.quality[:, :technical], usable)[:, :n]
    stocks = state.stocks + 4 * dt * (bought - delivery.stock_use)
    books.errors["stocks"] = max(0.0, -float(stocks.min()))
    books.errors["capacity"] = max(0.0, float((market.output / limit).max()) - 1)

    after = OracleState(
        labour=labour, technique=technique,
        wage=adjusted_wage(state, demand, economy.labour_supply, dt, parameters), price=market.price,
        capital_price=market.capital_price, rent=adjusted_rent(state, delivery.orders, limit, dt, parameters),
        capacity=next_capacity, pipeline=pipeline, stocks=np.maximum(stocks, 0.0), pay=wedges.pay,
        orders=delivery.orders, expenditure=market.expenditure,
        openness=openness(books.trade, market.expenditure), opened=wedges.opened.copy(),
    )  # fmt: skip
    record = OracleRecord(
        wage=state.wage, rent=state.rent, employment_gap=demand / economy.labour_supply - 1, price=market.price,
        price_index=market.price_index, capital_price=market.capital_price, output=market.output,
        expenditure=market.expenditure, income=books.income, real_income=books.income / market.price_index,
        value=books.value, quantity=books.quantity, trade=books.trade, profit=books.profit,
        net_profit_income=books.net_profit_income, gdp=books.gdp, gnp=books.gdp + books.net_profit_income,
        balance=balance, bloc=bloc, orders=delivery.orders, rationing=delivery.rationing,
        stock_use=delivery.stock_use, stocks=state.stocks, capacity=limit, investment=plan_of_plants,
        new_capital=new_capital, ordered=technique, placed=technique / delivery.units, delivered=delivery.technique,
        passes=delivery.passes, errors=books.errors,
    )  # fmt: skip
    return after, record


def run(
    economy: OracleEconomy,
    wedges: OracleWedges | Callable[[float], OracleWedges],
    quarters: int,
    parameters: OracleParameters,
    dt: float = 0.25,
    stop: Callable[[OracleRecord], bool] | None = None,
    state: OracleState | None = None,
) -> tuple[list[OracleRecord], OracleState]:
    """`quarters` steps of dt years from the base year (or from `state`); the wedges may depend on the date in years."""
    state = initial_state(economy, dt) if state is None else state
    path: list[OracleRecord] = []
    for t in range(quarters):
        now = wedges(t * dt) if callable(wedges) else wedges
        state, record = step(economy, state, now, dt, parameters)
        path.append(record)
        if stop is not None and stop(record):
            break
    return path, state


def worst_error(path: list[OracleRecord]) -> float:
    """Largest residual of any identity in any quarter."""
    return max(max(record.errors.values()) for record in path)
