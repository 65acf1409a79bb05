"""Static equilibria that the path must agree with in the long run: independent solvers, no techniques.

Two solvers. `solve_static` is the multi-sector input-output model in exact-hat form, in expenditure SHARES and
revenues: Caliendo and Parro (2015) with the counterfactual algebra of Dekle, Eaton and Kortum (2008), plus constant
markups, subsidies, foreign owners, nested CES costs, icebergs, quality and full cuts. `solve_universal_gravity` is
the one-sector framework of Allen, Arkolakis and Takahashi (2020). Nothing here is shared with the path's modules.

Letters: f supplier plant, b buyer = plants then final users (n + R columns), r and d regions, s segment.
All prices, wages and costs are ratios new/old; values are in units of world final expenditure (1 a quarter).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from model.errors import ConvergenceError, ModelError
from model.kernel.table import Array, BaseTable, Index

_NEAR_ONE = 1e-4  # an elasticity this close to one takes the Cobb-Douglas limit
_PRICE_TOLERANCE = 1e-13  # largest log change of a price in the last pass
_NEWTON_FROM = 0.1  # log change below which the price loop takes Newton steps
_FARTHEST = 60.0  # log price beyond which a plant needs more than one unit of itself per unit
_MAX_PASSES = 2000
_DIFFERENCE = 1e-3  # half step of the numerical Jacobian, log wage
_LONGEST_STEP = 4.0  # of a log price in one Newton step
_CLEARED = 1e-10  # largest relative excess demand accepted in universal gravity


# ----------------------------------------------------------------------------------------------------
# Wedges and result
# ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class StaticWedges:
    """Permanent wedges of the static equilibrium, for n plants and B = n + R buyers (plants, final users).

    denied [n, B]   links that are cut; a plant out of business (a latent one) has its whole row denied
    tau [n, B]      iceberg, units shipped per unit delivered, ratio to the base year
    tariff [n, B]   total rate (base tariff included)
    quality [n, B]  usable quality relative to the base year, log
    subsidy [n]     part of the price paid by the plant's region, < 1
    """

    denied: NDArray[np.bool_]
    tau: Array
    tariff: Array
    quality: Array
    subsidy: Array

    @classmethod
    def neutral(cls, table: BaseTable) -> StaticWedges:
        """The base year: base tariffs, latent plants out of business."""
        shape = (table.plants, table.plants + table.regions)
        latent = np.broadcast_to((table.output == 0)[:, None], shape).copy()
        return cls(latent, np.ones(shape), _base_tariff(table), np.zeros(shape), np.zeros(table.plants))


class StaticEquilibrium(NamedTuple):
    """The static equilibrium; `residual` is the largest relative excess demand for labour left
    (all labour markets, the redundant one too) or gap in the numeraire.

    wage [R], price [n] (at basic prices), price_index [R]: ratios new/old (the base year is 1)
    expenditure [R] E, income [R] Y = E - B, revenue [n] p x, output [n] x: levels, world expenditure = 1 a quarter
    real_income [R] Y / P, level (equals base income in the base year); real_income_change [R] ratio new/old
    expenditure_share [n, n + R] part of a buyer's current cost (duties in) that goes to each supplier
    """

    wage: Array
    price: Array
    price_index: Array
    expenditure: Array
    income: Array
    revenue: Array
    output: Array
    real_income: Array
    real_income_change: Array
    expenditure_share: Array
    residual: float


# ----------------------------------------------------------------------------------------------------
# Base-year shares
# ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Shares:
    """Base-year shares of current cost, duties included.

    within [n, B] of a segment; segment [S, B] and labour [B] of current cost, adding to 1
    cost_ratio [n] current cost over revenue (1 / markup); tariff [n, B]; labour_supply [R]
    expenditure [R] E0; balance [R] B = E0 - Y0
    """

    within: Array
    segment: Array
    labour: Array
    cost_ratio: Array
    tariff: Array
    labour_supply: Array
    expenditure: Array
    balance: Array


def fold_table(table: BaseTable) -> BaseTable:
    """The table of the limit: depreciation is a current input, the states' purchases are final use, K is infinite.

    Rescaled so that world final expenditure at purchasers' prices is 1 again.
    """
    n, k, regions = table.plants, len(table.investors), table.regions
    flow = table.flow[:, :n].copy()
    place = {tuple(row): i for i, row in enumerate(table.investors.tolist())}
    keys = np.column_stack([table.location, table.segment, table.owner.argmax(0)])[:, : table.investors.shape[1]]
    investor = np.array([place.get(tuple(row), -1) for row in keys.tolist()])
    for i in range(k):
        here = (investor == i) & (table.investment > 0)
        flow[:, here] += np.outer(table.flow[:, n + i], table.investment[here] / table.investment[here].sum())
    final = table.flow[:, n + k : n + k + regions] + table.flow[:, n + k + regions :]
    rate = _base_tariff(table)[:, n:]
    world = float(((1 + rate) * final).sum())
    return table.replace(
        investors=np.zeros((0, 2), np.int64), flow=np.hstack([flow, final, np.zeros_like(final)]) / world,
        wages=table.wages / world, investment=np.zeros(n), capacity=np.full(n, np.inf),
        entry_capacity=np.where(table.theta > 0, np.inf, 0.0),
    )  # fmt: skip


def _base_tariff(table: BaseTable) -> Array:
    """t0 [n, n + R] on every link between a plant and a plant or final user."""
    buyer = np.concatenate([table.location, np.arange(table.regions)])
    return np.asarray(table.tariff[table.location[:, None], buyer[None, :], table.segment[:, None]])


def _ratio(above: Array, below: Array) -> Array:
    """above / below, 0 where below is 0."""
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.zeros(below.shape), where=below > 0)


def _calibrate(table: BaseTable) -> _Shares:
    """Cost shares of a folded table; a latent plant gets its peers' mean shares and its theta on top of one."""
    n, regions = table.plants, table.regions
    if len(table.investors) or table.investment.any() or table.flow[:, n + regions :].any():
        raise ModelError("the static equilibrium needs a folded table: no investors, no purchases by states")
    output, tariff = table.output, _base_tariff(table)
    latent = output == 0
    spending = (1 + tariff) * table.flow[:, : n + regions]
    profit = output - table.wages - spending[:, :n].sum(0)
    expenditure = spending[:, n:].sum(0)
    duties = (tariff * table.flow[:, : n + regions]).sum(0)
    here = np.arange(regions)[:, None] == table.location
    income = here @ (table.wages + duties[:n]) + table.owner @ profit + duties[n:]
    wages = np.concatenate([table.wages, np.zeros(regions)])
    for f in np.flatnonzero(latent):
        peers = _peers(table, int(f))
        weight = 1 / output[peers].sum()
        spending[:, f], wages[f] = spending[:, :n][:, peers].sum(1) * weight, wages[:n][peers].sum() * weight
    member = np.arange(table.segments)[:, None] == table.segment
    by_segment = member @ spending
    cost = wages + by_segment.sum(0)
    within = _ratio(spending, by_segment[table.segment])
    within = np.where(latent[:, None] & (by_segment[table.segment] > 0), table.theta[:, None], within)
    return _Shares(
        within=within, segment=_ratio(by_segment, cost), labour=_ratio(wages, cost),
        cost_ratio=cost[:n] / np.where(latent, 1.0, output), tariff=tariff,
        labour_supply=here @ table.wages, expenditure=expenditure, balance=expenditure - income,
    )  # fmt: skip


def _peers(table: BaseTable, plant: int) -> Index:
    """Working plants of the same segment, in the same region if there are any."""
    same = (table.segment == table.segment[plant]) & (table.output > 0)
    home = same & (table.location == table.location[plant])
    return np.flatnonzero(home if home.any() else same)


# ----------------------------------------------------------------------------------------------------
# Costs and prices
# ----------------------------------------------------------------------------------------------------
def _dual(price: Array, share: Array, elasticity: Array) -> Array:
    """CES dual down the rows: (sum share price^(1 - e))^(1 / (1 - e)) per column, geometric mean for e = 1.

    price, share [rows, B]; elasticity [B]. Shares need not add to one. A column without shares gives 1.
    """
    unit = elasticity == 1
    power = np.where(unit, 1.0, 1 - elasticity)
    total = share.sum(0)
    price = np.where(share > 0, price, 1.0)
    index = np.where(total > 0, (share * price**power).sum(0), 1.0) ** (1 / power)
    geometric = np.exp((share * np.log(price)).sum(0) / np.where(total > 0, total, 1.0))
    return np.asarray(np.where(unit, geometric, index))


def _exact_one(elasticity: Array) -> Array:
    """Elasticities near one are one, in costs and in shares alike."""
    return np.where(abs(elasticity - 1) < _NEAR_ONE, 1.0, np.asarray(elasticity, dtype=np.float64))


@dataclass(frozen=True)
class _System:
    """Everything that is given while the wage is sought: table, shares, elasticities per buyer, wedges, blocs.

    sigma [S], eta [B], share [n, B] open base shares within a segment, charge [n, B] delivered over mill price,
    owner [R, n] profit shares after cuts, balance [R], bloc [R] labels
    """

    table: BaseTable
    base: _Shares
    sigma: Array
    eta: Array
    wedges: StaticWedges
    share: Array
    charge: Array
    owner: Array
    bloc: Index

    @property
    def here(self) -> NDArray[np.bool_]:
        """[R, n] whether a plant is in a region."""
        return np.asarray(np.arange(self.table.regions)[:, None] == self.table.location)


def _costs(system: _System, wage: Array, price: Array) -> tuple[Array, Array, Array]:
    """Unit cost ratio c [B] and the shares of suppliers [n, B] and labour [B] in it (Caliendo-Parro 2015, eqs 10-11).

    d = p tau (1+t) / ((1+t0) e^v);  P_s = dual(d; theta, sigma);  c = dual(w, P; Theta, eta)
    supplier share = theta (d/P_s)^(1-sigma) * Theta_s (P_s/c)^(1-eta)
    """
    table, base = system.table, system.base
    delivered = price[:, None] * system.charge
    index = np.ones_like(base.segment)
    for s, sigma in enumerate(system.sigma):
        rows = table.segment == s
        index[s] = _dual(delivered[rows], system.share[rows], np.full(len(system.eta), sigma))
    wages = wage[np.concatenate([table.location, np.arange(table.regions)])]
    cost = _dual(np.vstack([wages, index]), np.vstack([base.labour, base.segment]), system.eta)
    relative = np.where(system.share > 0, delivered / index[table.segment], 1.0)
    within = system.share * relative ** (1 - system.sigma[table.segment])[:, None]
    between = base.segment * (index / cost) ** (1 - system.eta)
    return cost, within * between[table.segment], base.labour * (wages / cost) ** (1 - system.eta)


def _segment_sums(values: Array, table: BaseTable) -> Array:
    """[S, B] sums over the suppliers of each segment."""
    member = np.arange(table.segments)[:, None] == table.segment
    return np.asarray(member.astype(float) @ values)


def _solve_prices(system: _System, wage: Array) -> Array:
    """p_g = c_g(w, p) (1 - subsidy_g) [n]: fixed point far out, Newton near by (the Jacobian is the share matrix).

    Raises where no finite positive price exists, as when a plant needs more than a unit of itself per unit.
    """
    n = system.table.plants
    log_price: Array = np.zeros(n)
    subsidy = np.log1p(-system.wedges.subsidy)
    change = float(np.inf)
    with np.errstate(all="ignore"):
        for _ in range(_MAX_PASSES):
            cost, share, _ = _costs(system, wage, np.exp(log_price))
            gap = np.asarray(np.log(cost[:n]) + subsidy - log_price)
            change = float(abs(gap).max())
            if abs(log_price).max() > _FARTHEST:
                change = np.inf
            if not _PRICE_TOLERANCE < change < np.inf:
                break
            if change < _NEWTON_FROM:
                gap = np.asarray(np.linalg.solve(np.eye(n) - share[:, :n].T, gap))
            log_price = log_price + gap
    if not change <= _PRICE_TOLERANCE:
        raise ConvergenceError("static prices", change)
    return np.asarray(np.exp(log_price))


# ----------------------------------------------------------------------------------------------------
# Incomes and revenues
# ----------------------------------------------------------------------------------------------------
def _solve_incomes(system: _System, wage: Array, share: Array) -> tuple[Array, Array, Array]:
    """Nominal scale [R], expenditure E [R] and revenue X [n] for given shares (Caliendo-Parro 2015, eqs 12-14).

    X_f = sum_g share_fg / (1+t) cost_g X_g + sum_d share_fd / (1+t) E_d
    E_r = scale w_r L_r + owned profits + duties - subsidies + B_r   (wages of full employment)
    Shares depend on relative wages only, so one scale per bloc gives it its base expenditure exactly.
    """
    table, base, wedges = system.table, system.base, system.wedges
    n, here = table.plants, system.here.astype(float)
    cost = base.cost_ratio / (1 - wedges.subsidy)  # current cost over revenue at the buyers' price
    basic = share / (1 + wedges.tariff)
    duty = share - basic
    per_expenditure = np.linalg.solve(np.eye(n) - basic[:, :n] * cost, basic[:, n:])
    support = wedges.subsidy / (1 - wedges.subsidy)
    income = here * (duty[:, :n].sum(0) * cost - support) + system.owner * (1 + support - cost)
    matrix = np.eye(table.regions) - income @ per_expenditure - np.diag(duty[:, n:].sum(0))
    parts = np.linalg.solve(matrix, np.column_stack([wage * base.labour_supply, base.balance]))
    member = (system.bloc[:, None] == system.bloc).astype(float)
    scale = (member @ (base.expenditure - parts[:, 1])) / (member @ parts[:, 0])
    expenditure = scale * parts[:, 0] + parts[:, 1]
    return np.asarray(scale), np.asarray(expenditure), np.asarray(per_expenditure @ expenditure)


class _Trial(NamedTuple):
    """The economy at trial wages: everything clears but labour, whose excess log(L^D / L) [R] is to be zero."""

    wage: Array
    price: Array
    price_index: Array
    share: Array
    expenditure: Array
    revenue: Array
    excess: Array


def _trial(system: _System, log_wage: Array) -> _Trial:
    """Prices, incomes and the excess demand for labour at relative wages; the nominal scale is set here."""
    table, base, wage = system.table, system.base, np.exp(log_wage)
    price = _solve_prices(system, wage)
    cost, share, labour_share = _costs(system, wage, price)
    scale, expenditure, revenue = _solve_incomes(system, wage, share)
    wage = scale * wage
    current = base.cost_ratio / (1 - system.wedges.subsidy) * revenue
    demand = system.here.astype(float) @ (labour_share[: table.plants] * current) / wage
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.log(demand / base.labour_supply)
    price_index = scale * cost[table.plants :]
    return _Trial(wage, scale[table.location] * price, price_index, share, expenditure, revenue, excess)


def _excess(system: _System, log_wage: Array) -> Array:
    """log(L^D / L) [R]; nan where prices or positive incomes do not exist."""
    try:
        return _trial(system, log_wage).excess
    except ConvergenceError:
        return np.full(len(log_wage), np.nan)


# ----------------------------------------------------------------------------------------------------
# The static equilibrium
# ----------------------------------------------------------------------------------------------------
def _system(table: BaseTable, sigma: Array, eta: Array, eta_final: float, wedges: StaticWedges) -> _System:
    """Check the wedges, find the blocs, and collect what is given."""
    base, regions = _calibrate(table), table.regions
    if not (np.isfinite(wedges.tau).all() and (wedges.tau > 0).all() and (wedges.tariff > -1).all()):
        raise ModelError("icebergs must be positive and finite, tariffs above -1; a cut is a denied link")
    if not (wedges.subsidy < 1).all():
        raise ModelError("a subsidy must be below 1")
    inelastic = (sigma < 1 + _NEAR_ONE)[table.segment][:, None] & (base.within > 0)
    latent = (table.output == 0)[:, None]
    if (inelastic & np.where(latent, ~wedges.denied, wedges.denied)).any():
        raise ModelError("a segment with an elasticity of one or less takes no full cut and no entrant")
    share = base.within * ~wedges.denied
    lost = (base.segment > 0) & (_segment_sums(share, table) <= 0)
    if lost.any():
        s, b = (int(i) for i in np.argwhere(lost)[0])
        raise ModelError(f"buyer {b} has no supplier left in segment {s}")
    bloc = _blocs(table, share)
    for c in np.unique(bloc):
        if abs(base.balance[bloc == c].sum()) > 1e-10:
            raise ModelError("fixed balances do not add to zero in a bloc that is cut off")
    apart = bloc[:, None] != bloc[table.location]
    here = np.arange(regions)[:, None] == table.location
    owner = np.where(apart, 0.0, table.owner) + here * np.where(apart, table.owner, 0.0).sum(0)
    charge = wedges.tau * (1 + wedges.tariff) / (1 + base.tariff) * np.exp(-wedges.quality)
    upper = np.concatenate([eta[table.segment], np.full(regions, eta_final)])
    return _System(table, base, _exact_one(sigma), _exact_one(upper), wedges, share, charge, owner, bloc)


def _blocs(table: BaseTable, share: Array) -> Index:
    """[R] label of the connected part of the trade graph each region is in; plants without customers buy nothing."""
    regions = table.regions
    works = (share > 0).any(1)
    buyer = np.concatenate([table.location, np.arange(regions)])
    linked = np.zeros((regions, regions), dtype=bool)
    f, b = np.nonzero((share > 0) & np.concatenate([works, np.ones(regions, dtype=bool)]))
    linked[table.location[f], buyer[b]] = True
    label: Index = connected_components(linked, directed=False)[1].astype(np.int64)
    return label


def solve_static(
    table: BaseTable,
    sigma: Array,
    eta: Array,
    wedges: StaticWedges,
    *,
    eta_final: float,
    labour: Array | None = None,
    log_wage: Array | None = None,
    tolerance: float = 1e-11,
) -> StaticEquilibrium:
    """The static equilibrium of a folded table under permanent wedges, with balances B fixed in the numeraire.

    table             folded (`fold_table`): no investors, no purchases by states
    sigma [S]         elasticity between suppliers, by supplying segment; eta [S] between segments and labour, by
                      buying segment; eta_final the same for final users (1 everywhere is Caliendo and Parro 2015)
    wedges            links that are cut, icebergs, tariffs, quality, subsidies
    labour [R]        effective labour over its base value (default 1)
    log_wage [R]      where to start (the answer does not depend on it)
    tolerance         largest |log| gap accepted in any labour market and in the numeraire

    The numeraire is world final expenditure = 1; a bloc that is cut off keeps its base share of it.
    Raises ModelError for wedges without an equilibrium and ConvergenceError with the residual, never a silent answer.
    """
    system = _system(table, np.asarray(sigma, float), np.asarray(eta, float), eta_final, wedges)
    if labour is not None:
        system = replace(system, base=replace(system.base, labour_supply=system.base.labour_supply * labour))
    start = np.zeros(table.regions) if log_wage is None else np.asarray(log_wage, float)
    found = _trial(system, _solve_wages(system, start, tolerance))
    residual = float(max(abs(found.excess).max(), abs(found.expenditure.sum() / system.base.expenditure.sum() - 1)))
    if not (residual <= tolerance and (found.expenditure > 0).all()):
        raise ConvergenceError("static equilibrium", residual)
    base, price_index = system.base, found.price_index
    income = found.expenditure - base.balance
    return StaticEquilibrium(
        wage=found.wage, price=found.price, price_index=price_index, expenditure=found.expenditure, income=income,
        revenue=found.revenue, output=found.revenue / found.price, real_income=income / price_index,
        real_income_change=income / price_index / (base.expenditure - base.balance),
        expenditure_share=found.share, residual=residual,
    )  # fmt: skip


def _solve_wages(system: _System, start: Array, tolerance: float) -> Array:
    """log w [R] that clears the labour markets: damped Newton, after a tatonnement if that gets lost."""
    residual = np.inf
    for damping in (0.0, 0.5, 0.2):
        first = _tatonnement(system, start, damping) if damping else start
        log_wage, residual = _newton_wages(system, first)
        if residual <= tolerance:
            return log_wage
    _trial(system, start)  # prices that do not exist say so themselves
    raise ConvergenceError("static wages", residual)


def _newton_wages(system: _System, log_wage: Array) -> tuple[Array, float]:
    """Newton with steps halved until squared excess demand falls; log w and the largest excess left.

    Central differences over a wide step, because close to autarky excess demand hardly moves with wages. The
    level of wages in each bloc is free (Walras): the step that leaves it alone is taken.
    """
    excess = _excess(system, log_wage)
    shifts = _DIFFERENCE * np.eye(len(log_wage))
    level = (np.unique(system.bloc)[:, None] == system.bloc).astype(float)
    for _ in range(100):
        if not abs(excess).max() > _PRICE_TOLERANCE / 10:
            break
        slopes = [_excess(system, log_wage + z) - _excess(system, log_wage - z) for z in shifts]
        jacobian = np.array(slopes).T / (2 * _DIFFERENCE)
        if not np.isfinite(jacobian).all():
            break
        bordered = np.vstack([jacobian, level * abs(jacobian).max()])
        move = np.linalg.lstsq(bordered, np.concatenate([-excess, np.zeros(len(level))]), rcond=None)[0]
        move = move * min(1.0, 1.0 / max(float(abs(move).max()), 1.0))
        for halving in range(12):
            candidate = log_wage + move / 2**halving
            new = _excess(system, candidate)
            if new @ new < excess @ excess:
                log_wage, excess = candidate, new
                break
        else:
            break
    return log_wage, float(abs(excess).max())


def _tatonnement(system: _System, log_wage: Array, damping: float) -> Array:
    """Wages that follow excess demand, w <- w (L^D / L)^damping, until it is small."""
    for _ in range(_MAX_PASSES // 10):
        excess = _excess(system, log_wage)
        if not np.isfinite(excess).all() or abs(excess).max() < 1e-3:
            break
        log_wage = log_wage + damping * excess
    return log_wage


# ----------------------------------------------------------------------------------------------------
# Universal gravity
# ----------------------------------------------------------------------------------------------------
class UniversalGravity(NamedTuple):
    """Ratios new/old by region [n] (Allen, Arkolakis and Takahashi 2020); world nominal output is unchanged.

    price p (output price), price_index P, output (p/P)^psi, welfare (p/P)^(1 + psi)
    """

    price: Array
    price_index: Array
    output: Array
    welfare: Array


@dataclass(frozen=True)
class _Gravity:
    """Base expenditure shares [n, n] (exporters in rows), -phi log tau [n, n], incomes Y [n], E/Y [n], phi and psi."""

    share: Array
    shift: Array
    income: Array
    spending: Array
    phi: float
    psi: float

    def state(self, x: Array, part: float = 1.0) -> tuple[Array, Array, Array, float]:
        """At log prices x and a part of the shock: log P [n], shares [n, n], Y' = Y p^(1+psi) P^-psi [n], Xi."""
        power = part * self.shift - self.phi * x[:, None]
        top = np.where(self.share > 0, power, -np.inf).max(0)
        terms = self.share * np.exp(np.minimum(power - top, 0.0))
        total = terms.sum(0)
        log_index = -(np.log(total) + top) / self.phi
        income = self.income * np.exp((1 + self.psi) * x - self.psi * log_index)
        return log_index, terms / total, income, float(income.sum() / (self.spending * income).sum())

    def excess(self, x: Array, part: float = 1.0) -> Array:
        """log(sum_j X'_ij / Y'_i) [n], the market-clearing equations."""
        _, share, income, scale = self.state(x, part)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return np.asarray(np.log(share @ (scale * self.spending * income) / income))

    def newton(self, x: Array, part: float) -> Array:
        """The Newton step for `excess`; least squares, as the price level (of each bloc) is free."""
        _, share, income, scale = self.state(x, part)
        bought = scale * self.spending * income
        growth = (1 + self.psi) * np.eye(len(x)) - self.psi * share.T  # d log Y'_j / d x_k
        level = (income / income.sum() - bought / bought.sum()) @ growth  # d log Xi / d x_k
        sales = share * bought
        total = sales.sum(1)
        change = -self.phi * (np.diag(total) - sales @ share.T) + sales @ (growth + level)
        jacobian = change / total[:, None] - growth
        return np.asarray(np.linalg.lstsq(jacobian, -np.log(total / income), rcond=1e-14)[0])


def solve_universal_gravity(
    trade: ArrayLike,
    trade_cost_change: ArrayLike,
    demand_elasticity: float,
    supply_elasticity: float,
) -> UniversalGravity:
    """Counterfactual of the universal gravity framework (Allen, Arkolakis and Takahashi 2020, conditions 1-5).

    trade [n, n]              values X_ij, exporters in rows, domestic flows included
    trade_cost_change [n, n]  tau_ij new/old (> 0; inf cuts a link), or a number for all links; enters as tau^-phi
    demand_elasticity phi > 0, supply_elasticity psi >= 0 (the range in which the equilibrium is unique)

    p_i^(1+psi) P_i^-psi Y_i = sum_j X_ij tau_ij^-phi p_i^-phi P_j^phi (E'_j / E_j),
    P_j^-phi = sum_i (X_ij / E_j) tau_ij^-phi p_i^-phi,  E'_j = Xi xi_j Y'_j,  sum E' = sum Y' = sum Y,
    with xi_j = E_j / Y_j of the data. Prices are in units of world nominal output; p/P does not depend on that.
    Raises ModelError for a region that sells or buys nothing, ConvergenceError if markets do not clear to 1e-10.
    """
    data, cost = np.asarray(trade, float), np.asarray(trade_cost_change, float)
    gravity = _gravity(data, cost, demand_elasticity, supply_elasticity)
    x = _solve_gravity(gravity)
    log_index, _, income, _ = gravity.state(x)
    level = np.log(gravity.income.sum() / income.sum())
    real = x - log_index
    psi = supply_elasticity
    return UniversalGravity(np.exp(x + level), np.exp(log_index + level), np.exp(psi * real), np.exp((1 + psi) * real))


def _gravity(trade: Array, cost: Array, phi: float, psi: float) -> _Gravity:
    """Check the data and bring them into shares."""
    if trade.ndim != 2 or trade.shape[0] != trade.shape[1] or not np.isfinite(trade).all() or (trade < 0).any():
        raise ModelError("trade must be a square matrix of finite values >= 0")
    if cost.shape not in ((), trade.shape) or not (cost > 0).all():
        raise ModelError("trade_cost_change must be positive and a number or a matrix of the shape of trade")
    if not (np.isfinite(phi) and np.isfinite(psi) and phi > 0 and psi >= 0):
        raise ModelError("demand_elasticity must be positive and supply_elasticity not negative")
    kept = np.where(np.isinf(cost), 0.0, trade)
    empty = (trade.sum(1) <= 0) | (trade.sum(0) <= 0) | (kept.sum(1) <= 0) | (kept.sum(0) <= 0)
    if empty.any():
        raise ModelError(f"regions that sell or buy nothing: {np.flatnonzero(empty).tolist()}")
    income, spending = trade.sum(1), trade.sum(0)
    shift = np.broadcast_to(-phi * np.log(np.where(np.isinf(cost), 1.0, cost)), trade.shape)
    return _Gravity(kept / spending, shift, income, spending / income, phi, psi)


def _solve_gravity(gravity: _Gravity) -> Array:
    """log p [n]: Newton at the full shock, else along parts of it; verified in the market-clearing equations."""
    x, residual = _newton_gravity(gravity, np.zeros(len(gravity.income)), 1.0)
    done, stride = (1.0, 1.0) if residual <= _CLEARED else (0.0, 0.5)
    if done < 1:
        x = np.zeros(len(gravity.income))
    while done < 1 and stride > 1e-3:
        part = min(1.0, done + stride)
        candidate, residual = _newton_gravity(gravity, x, part)
        if residual <= _CLEARED:
            x, done, stride = candidate, part, 1.5 * stride
        else:
            stride /= 2
    residual = float(abs(np.expm1(gravity.excess(x))).max())
    if not residual <= _CLEARED:
        raise ConvergenceError("universal gravity", residual)
    return x


def _newton_gravity(gravity: _Gravity, x: Array, part: float) -> tuple[Array, float]:
    """Newton with steps halved until the squared residual falls; log p and the largest residual."""
    excess = gravity.excess(x, part)
    for _ in range(100):
        if abs(excess).max() < 1e-14:
            break
        move = gravity.newton(x, part)
        move = move * min(1.0, _LONGEST_STEP / max(float(abs(move).max()), _LONGEST_STEP))
        for halving in range(12):
            candidate = x + move / 2**halving
            candidate = candidate - candidate.mean()
            new = gravity.excess(candidate, part)
            if new @ new < excess @ excess:
                x, excess = candidate, new
                break
        else:
            break
    return x, float(abs(excess).max())
