"""The stages of a quarter: each reads named arrays, returns named arrays, and touches nothing else.

What a stage may read and must write is declared in model/schedule.py and enforced at every step.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from model.instruments import Facts, Order, instruments
from model.kernel import accounts as accounting
from model.kernel import adjustment
from model.kernel.adoption import update_base
from model.kernel.capability import update_capability, usable_quality
from model.kernel.deliveries import Orders, deliver
from model.kernel.external import external_balances, find_blocs, habit_in_blocs, paid_abroad, update_habit
from model.kernel.links import Array, Mask, sum_by
from model.kernel.market import Guess, Terms
from model.kernel.sourcing import Sourcing, adjust_share, update_orders
from model.kernel.technique import composite
from model.wedges import Wedges, axis_sizes, keep_channels
from model.world import Action, Network, Setting, State

View = SimpleNamespace
"""The declared reads of a stage, as attributes."""

AI_APPS = "ai_apps"
COMPUTE = ("equipment", "foundry", "memory", "logic", "accelerators", "platforms")
"""Chips and platforms: AI applications buy compute, so their quality does not change AI applications' cost."""
TINY = 1e-300
CHANNELS = ("imported_inputs", "open_source", "collaboration", "investment")


# -- 1 enact -------------------------------------------------------------------------------------


def enact(setting: Setting, now: View) -> State:
    """Wedges of the measures in force, spread over links (E13, E21, E26)."""
    wedges = collect_wedges(setting, now.year, now.in_force)
    if setting.channels_on is not None:
        wedges = keep_channels(wedges, setting.channels_on, wedges_otherwise(setting, now.year))
    opened = setting.plants.entry <= now.year + 1e-9
    return {"wedges": wedges, "opened": opened} | spread_wedges(setting, wedges, opened, now)


def wedges_otherwise(setting: Setting, year: float) -> Wedges | None:
    """Wedges of the other scenario this quarter; nothing is recorded, as states follow their script and do not react."""
    other = setting.otherwise
    return None if other is None else collect_wedges(other, year, decide_states(other, year))


def collect_wedges(setting: Setting, year: float, in_force: Array) -> Wedges:
    """Neutral wedges, moved by every measure that some state applies this quarter."""
    economy, plants = setting.economy, setting.plants
    sizes = axis_sizes(economy.regions, economy.table.segments, economy.n, len(setting.ecosystems), len(CHANNELS))
    wedges = Wedges(sizes)
    facts = Facts(
        setting.regions, plants.firms, tuple(economy.table.location.tolist()), tuple(plants.owner.tolist()),
        setting.ecosystems, setting.parameters,
    )  # fmt: skip
    for row, action in enumerate(setting.actions):
        senders = tuple(r for r in action.senders if in_force[row, r] > 0)
        if not senders:
            continue
        strength = float(in_force[row, list(senders)].max())
        order = order_of(setting, action, senders, year, strength)
        instruments()[action.instrument].apply(wedges, order, facts)
    announce(setting, wedges, facts, year)
    return wedges


def spread_wedges(setting: Setting, wedges: Wedges, opened: Mask, now: View) -> State:
    """Denial, shipping cost, duty, quality by link, from wedges by region and segment (E21)."""
    economy, table = setting.economy, setting.economy.table
    links, lt = economy.links, economy.links.technique
    f, b = links.supplier, links.buyer
    o, d, s = table.location[f], economy.buyer_region[b], table.segment[f]
    owner = buyer_owner(setting)[b]
    spared = np.where(owner >= 0, wedges["exemption"][owner, o, s], 0.0)
    denial = wedges["denial_rate"][o, d, s] * (1 - spared)
    listed = np.where(b < economy.n, wedges["firm_listing"][o, np.minimum(b, economy.n - 1)], 0.0)
    denial = 1 - (1 - denial) * (1 - listed) * (1 - np.where(o != d, now.lost[f, d], 0.0))
    denial = np.where(denial > setting.behaviour.full_cut, 1.0, denial)
    quality = np.exp(link_quality(setting, wedges, now))
    return {
        "denial": denial,
        "ship": wedges["iceberg_cost"][o, d, s],
        "duty": economy.tariff0 + wedges["tariff_rate"][o, d, s],
        "subsidy": wedges["subsidy_rate"][table.location, table.segment],
        "quality": quality,
        "open_links": opened[f[:lt]] & (denial[:lt] < 1) & (now.theta > 0),
        "limit": np.full(economy.n, np.inf),
    }


def buyer_owner(setting: Setting) -> Array:
    """Owner region of each buyer [C]: of plants and of investors (by their plants), -1 for final users and states."""
    economy = setting.economy
    owner = np.full(len(economy.buyer_region), -1)
    owner[: economy.n] = setting.plants.owner
    investors = economy.table.investors
    if economy.k and investors.shape[1] > 2:
        owner[economy.n : economy.n + economy.k] = investors[:, 2]
    return owner


def link_quality(setting: Setting, wedges: Wedges, now: View) -> Array:
    """v by link [lt] (E13); chips and platforms carry none into AI applications' cost (they buy compute)."""
    economy, table, behaviour = setting.economy, setting.economy.table, setting.behaviour
    links, lt = economy.links, economy.links.technique
    f, b = links.supplier[:lt], links.buyer[:lt]
    s = table.segment[f]
    cap = wedges["capability_cap"][table.location[f], economy.buyer_region[b], s]
    elapsed = now.year - setting.first_year
    cap = np.where(np.isfinite(cap), cap - behaviour.frontier_growth[s] * elapsed, np.inf)
    # an entrant's notional technique is its competitors', so it starts from what it is behind them
    before = np.where(economy.latent, 0.0, setting.capability0)
    quality = usable_quality(behaviour.quality_valuation[f], now.capability[f], before[f], cap)
    buys_compute = np.array([*setting.segments, ""])[buyer_segment(setting)[b]] == AI_APPS
    compute = np.isin(np.array(setting.segments)[s], COMPUTE)
    return np.where(buys_compute & compute, 0.0, quality)


def buyer_segment(setting: Setting) -> Array:
    """Segment of each buyer [C]: of plants and investors, -1 for final users and states."""
    economy = setting.economy
    segment = np.full(len(economy.buyer_region), -1)
    segment[: economy.n] = economy.table.segment
    segment[economy.n : economy.n + economy.k] = economy.table.investors[:, 1]
    return segment


def order_of(setting: Setting, action: Action, senders: tuple[int, ...], year: float, strength: float = 1.0) -> Order:
    """A measure as its instrument sees it: who acts on whom, levers at their value in `year` (inf: the path's end)."""
    levers = {name: path.at(year) for name, path in action.measure.levers.items()}
    sides = {*action.senders, *action.targets}
    others = tuple(r for r in range(setting.economy.regions) if r not in sides)
    both = tuple(r for r in setting.serves_both if r in others)
    return Order(senders, action.targets, others, levers, year - action.measure.start, strength, both)


def announce(setting: Setting, wedges: Wedges, facts: Facts, year: float) -> None:
    """Announced controls not yet in force: probability x the denial they will have at the end of their path (E27)."""
    for action in setting.actions:
        m = action.measure
        if m.announced is None or not m.announced - 1e-9 <= year < m.start - 1e-9:
            continue
        coming, order = Wedges(wedges.sizes), order_of(setting, action, action.senders, np.inf)
        instruments()[action.instrument].apply(coming, order, facts)
        wedges.move("announced", (slice(None),), setting.behaviour.announced_belief * coming["denial_rate"])


# -- 2 respond -----------------------------------------------------------------------------------


def respond(setting: Setting, now: View) -> State:
    """Each state decides which of its measures it applies in the quarter to come (E22)."""
    return {"in_force": decide_states(setting, now.year + setting.dt)}


def decide_states(setting: Setting, year: float) -> Array:
    """Strength [measures, R] that the states give to their measures in the quarter that starts at `year`."""
    strength = np.zeros((len(setting.actions), setting.economy.regions))
    for region, agent in enumerate(setting.agents.states):
        rows = np.array([k for k, a in enumerate(setting.actions) if region in a.senders], int)
        due = np.array([setting.actions[k].measure.in_force(year) for k in rows], bool)
        strength[rows, region] = agent.decide(due)
    return strength


# -- 3 decide ------------------------------------------------------------------------------------


def decide(setting: Setting, now: View) -> State:
    """Firms invest, give up and seek relations; fixed costs of policy and search become purchases."""
    economy, behaviour, plants = setting.economy, setting.behaviour, setting.plants
    table = economy.table
    entering = now.opened & ~now.was_open
    capacity = np.where(entering, table.entry_capacity, now.capacity)
    decision = setting.agents.decide_firms(setting, now, capacity)
    investment = np.where(now.opened & (economy.investor >= 0), decision.investment, 0.0)
    effort = _effort(setting, decision.seeks)
    lost = now.lost + decision.dropped
    if lost.any():
        luck = setting.agents.luck(setting, "links.refound", now.quarter)
        success = 1 - np.exp(-behaviour.search_success * setting.dt)
        lost = np.maximum(0.0, lost - setting.agents.refound(lost, plants.count, success, effort, luck))
    grown = np.exp(behaviour.growth * (now.year - setting.first_year))
    fixed = economy.fixed0 * grown[economy.buyer_region[economy.links.buyer]]
    compliance, search = _policy_purchases(setting, now, grown), _search_purchases(setting, now, effort) * grown[table.location]
    fixed = fixed + _from_home_rest(setting, compliance + search)
    stock_order = stock_orders(setting, now)
    return {
        "was_open": now.opened, "capacity": capacity, "investment": investment, "lost": lost,
        "fixed": fixed, "stock_order": stock_order, "moved": decision.moved, "compliance": compliance, "search": search,
    }  # fmt: skip


def stock_orders(setting: Setting, now: View) -> Array:
    """Orders for stock [lt], in units of the technique (E27): quarters of use bought where a control is announced.

    (s, S): a plant whose stock of a segment is below a part of its target orders towards the target.
    """
    economy, behaviour = setting.economy, setting.behaviour
    links, lt, cells, theta = economy.links, economy.links.technique, len(now.stock), now.theta
    if not now.wedges["announced"].any():
        return np.zeros(lt)
    f, b = links.supplier[:lt], links.buyer[:lt]
    risk = now.wedges["announced"][economy.table.location[f], economy.buyer_region[b], economy.table.segment[f]]
    threat = links.by_cell(theta * risk)[:cells]
    target = behaviour.stock_target[links.cell_segment[:cells]] * threat
    use = np.maximum(now.orders[links.cell_buyer[:cells]], TINY)
    have = now.stock / use
    part = adjust_share(behaviour.stock_speed, setting.dt) / (4 * setting.dt)
    wish = np.where(have < behaviour.stock_trigger * target, part * (target - have), 0.0)
    wanted = np.concatenate([wish, np.zeros(len(links.start) - cells)])[links.cell]
    return np.where(b < economy.n, wanted * now.orders[np.minimum(b, economy.n - 1)], 0.0)


def _effort(setting: Setting, seeks: Array) -> Array:
    """Part of each region's purchases whose buyers seek suppliers [R]."""
    table, weight = setting.economy.table, setting.economy.output0
    total = sum_by(table.location, weight, setting.economy.regions)
    return sum_by(table.location, weight * seeks, setting.economy.regions) / total


def _policy_purchases(setting: Setting, now: View, grown: Array) -> Array:
    """Fixed compliance cost of each plant [n], in units of home rest at base prices (a year's share as a rate)."""
    table = setting.economy.table
    share = now.wedges["fixed_cost"][table.location, table.segment]
    return np.asarray(share * setting.economy.output0 * grown[table.location])


def _search_purchases(setting: Setting, now: View, effort: Array) -> Array:
    """Cost of seeking by each plant [n]: a share of the purchases whose relations are lost (E20)."""
    economy = setting.economy
    if not now.lost.any():
        return np.zeros(economy.n)
    links = economy.links
    own = links.buyer < economy.n
    f, b = links.supplier[own], links.buyer[own]
    sought = economy.flow0[own] * now.lost[f, economy.buyer_region[b]] * effort[economy.buyer_region[b]]
    extra = now.wedges["search_cost"][economy.table.location, economy.table.segment]
    return np.asarray((setting.behaviour.search_cost + extra) * sum_by(b, sought, economy.n))


def _from_home_rest(setting: Setting, amount: Array) -> Array:
    """Purchases [l] of `amount` [n] by each plant, spread over the suppliers of rest in its own region."""
    economy, links = setting.economy, setting.economy.links
    extra = np.zeros(len(links.buyer))
    if not amount.any():
        return extra
    f, b = links.supplier, np.minimum(links.buyer, economy.n - 1)
    rest = len(setting.segments) - 1
    at_home = (links.buyer < economy.n) & (economy.table.segment[f] == rest)
    at_home &= economy.table.location[f] == economy.buyer_region[links.buyer]
    weight = np.where(at_home, economy.output0[f], 0.0)
    total = sum_by(b, weight, economy.n)
    return np.where(at_home, weight / np.where(total > 0, total, 1.0)[b] * amount[b], 0.0)


# -- 4 source ------------------------------------------------------------------------------------


def source(setting: Setting, now: View) -> State:
    """The ordered technique moves towards the cost-minimising one (E4)."""
    lt = setting.economy.links.technique
    pay = (now.ship * (1 + now.duty))[:lt]
    context = Sourcing(
        now.theta, now.denial[:lt], pay, now.pay, now.quality, now.open_links, now.wage, now.price,
    )  # fmt: skip
    behaviour = setting.behaviour
    labour, inputs = update_orders(
        setting.economy, now.labour, now.inputs, context, behaviour.sourcing_speed, behaviour.labour_speed, setting.dt
    )
    return {"labour": labour, "inputs": inputs, "pay": pay}


# -- 5 price and trade ---------------------------------------------------------------------------


def trade(setting: Setting, now: View) -> State:
    """Blocs, balances, then deliveries with prices and incomes in one fixed point (E5-E8)."""
    economy = setting.economy
    links, n, k, lt = economy.links, economy.n, economy.k, economy.links.technique
    input0 = economy.input0 * now.theta / economy.theta
    investment = sum_by(economy.investor[economy.investor >= 0], now.investment[economy.investor >= 0], k)
    share = _own_share(setting, now.investment, investment)
    fixed = now.fixed.copy()
    stocked = now.stock_order * input0 * now.inputs
    fixed[:lt] += stocked
    planned = now.inputs * input0
    first, last = links.pointer[n], links.pointer[n + k]
    planned[first:last] *= investment[links.buyer[first:last] - n]
    buyer_open = np.concatenate([now.opened, np.ones(len(economy.buyer_region) - n, bool)])
    possible = (np.concatenate([planned, np.zeros(len(fixed) - lt)]) + fixed) * (1 - now.denial)
    bloc = find_blocs(economy, (possible > 0) & now.opened[links.supplier] & buyer_open[links.buyer])
    terms = Terms(
        wage=now.wage, rent=now.rent, ship=now.ship, duty=now.duty, subsidy=now.subsidy,
        owner=paid_abroad(economy, bloc), bloc=bloc,
        balance=external_balances(economy, bloc, now.trade_ratio, setting.behaviour.fixed_balance),
        expenditure=now.expenditure, share=share, smoothing=setting.behaviour.smoothing,
        habit=habit_in_blocs(now.habit, now.expenditure, bloc),
    )  # fmt: skip
    capacity = np.where(now.opened, np.minimum(now.capacity, now.limit), np.inf)
    orders = Orders(
        labour=now.labour, inputs=now.inputs, input0=input0, theta=now.theta, quality=now.quality,
        denial=now.denial, fixed=fixed, capital=investment, stock=now.stock / (4 * setting.dt), capacity=capacity,
        expected=now.orders, input_limit=setting.behaviour.input_limit,
    )  # fmt: skip
    got = deliver(economy, orders, terms, Guess(now.price, now.output, now.expenditure))
    received = np.zeros_like(now.stock)
    if now.stock_order.any():
        phi = (1 - now.denial[:lt]) * got.rho[links.supplier[:lt]]
        arrived = composite(economy, now.theta, phi * now.stock_order * now.inputs * now.quality)
        received = arrived[: len(received)]
    return {
        "terms": terms, "delivered": got, "price": got.market.price, "capital_price": got.market.capital_price,
        "output": got.market.output, "expenditure": got.market.expenditure, "orders": got.orders,
        "stock_change": received - got.used, "capacity_now": capacity, "input0": input0,
    }  # fmt: skip


def _own_share(setting: Setting, investment: Array, total: Array) -> Array:
    """Share of each plant in its investor's purchases [n]."""
    economy = setting.economy
    if not economy.k:
        return np.zeros(economy.n)
    whole = np.where(economy.investor >= 0, total[economy.investor], 0.0)
    return np.where(whole > 0, investment / np.where(whole > 0, whole, 1.0), 0.0)


# -- 6 account -----------------------------------------------------------------------------------


def account(setting: Setting, now: View) -> State:
    """Every flow again, and the identities (E9)."""
    books = accounting.account(setting.economy, now.delivered, now.terms)
    ratio = (books.trade.sum(1) + books.trade.sum(0) - 2 * np.diag(books.trade)) / now.expenditure
    capacity_error = float((now.output / now.capacity_now).max() - 1)
    accounting.check({"capacity": max(0.0, capacity_error)})
    return {"books": books, "trade_ratio": ratio}


# -- 7 adjust ------------------------------------------------------------------------------------


def adjust(setting: Setting, now: View) -> State:
    """Wages, rents, capacity, pipelines and stocks for the next quarter (E10-E12)."""
    economy, behaviour, dt, table = setting.economy, setting.behaviour, setting.dt, setting.economy.table
    growth = np.exp(behaviour.growth * dt)[table.location]
    supply, coming = labour_supply(setting, now.year), labour_supply(setting, now.year + dt)
    demand = adjustment.labour_demand(economy, now.delivered.labour, now.output)
    has = economy.investor >= 0
    made = np.where(has, now.delivered.scale[economy.n + economy.investor * has], 1.0) if economy.k else 1.0
    grown = adjustment.update_capacity(now.capacity, now.pipeline[0], economy.kappa, table.depreciation, dt)
    followed = adjustment.follow_orders(now.capacity, now.orders, behaviour.slack, behaviour.follow_speed, dt)
    followed = np.where(now.opened, followed, now.capacity)
    return {
        "wage": adjustment.update_wage(
            now.wage, demand, supply, coming.sum() / supply.sum(), behaviour.wage_speed, behaviour.wage_speed_up, dt
        ),
        "rent": adjustment.update_rent(
            now.rent, now.orders, now.capacity_now, behaviour.rent_speed, behaviour.rent_erosion,
            behaviour.rent_pressure, dt,
        ),
        "capacity": np.where(has, grown, followed) * growth,
        "pipeline": adjustment.shift_pipeline(now.pipeline, now.investment * made, setting.lag_steps) * growth,
        "stock": np.maximum(0.0, now.stock + 4 * dt * now.stock_change),
        "habit": update_habit(now.habit, now.expenditure, behaviour.growth, behaviour.habit_speed, dt),
        "employment_gap": demand / supply - 1,
    }  # fmt: skip


def labour_supply(setting: Setting, year: float) -> Array:
    """Effective labour L [R] at a date: the base year's, grown at the region's baseline rate."""
    return np.asarray(setting.economy.labour * np.exp(setting.behaviour.growth * (year - setting.first_year)))


# -- 8 learn -------------------------------------------------------------------------------------


def learn(setting: Setting, now: View) -> State:
    """Capability moves by diffusion from the frontier through what is still delivered and known (E14, E15)."""
    behaviour = setting.behaviour
    level = update_capability(
        now.capability, setting.capability0, exposure(setting, now), behaviour.diffusion_rate,
        behaviour.diffusion_saturation, setting.dt,
    )  # fmt: skip
    return {"capability": level}


def exposure(setting: Setting, now: View) -> Array:
    """Exposure of each plant to the frontier [n], 1 in the base year: channels weighted (E14)."""
    economy, weight = setting.economy, setting.behaviour.channel_weight
    links, lt, n = economy.links, economy.links.technique, economy.n
    f, b = links.supplier[:lt], links.buyer[:lt]
    foreign = setting.technology()[f] & (economy.table.location[f] != economy.buyer_region[b]) & (b < n)
    foreign &= ~economy.latent[f]
    then = sum_by(b[foreign], economy.input0[foreign], n)[:n]
    today = sum_by(b[foreign], np.minimum(now.delivered.inputs, now.input0)[foreign], n)[:n]
    imported = np.where(then > 0, today / np.where(then > 0, then, 1.0), 1.0)
    blocked = np.einsum("cods,ods->cds", now.wedges["knowledge_flow"][1:], frontier_weight(setting))
    open_part = 1 - blocked[:, economy.table.location, economy.table.segment]
    return np.asarray(weight[0] * imported + weight[1:] @ open_part)


def frontier_weight(setting: Setting) -> Array:
    """Weight of each origin as a source of knowledge for d in s [o, d, s]: base output at the frontier, abroad."""
    table, economy = setting.economy.table, setting.economy
    weight = np.zeros((economy.regions, table.segments))
    at_frontier = setting.capability0 >= 0
    np.add.at(weight, (table.location[at_frontier], table.segment[at_frontier]), economy.output0[at_frontier])
    abroad = weight[:, None, :] * (1 - np.eye(economy.regions))[:, :, None]
    total = abroad.sum(0)
    return np.asarray(abroad / np.where(total > 0, total, 1.0))


# -- 9 adopt -------------------------------------------------------------------------------------


def adopt(setting: Setting, now: View) -> State:
    """Users choose ecosystems again; the shares in force of the next quarter follow the installed base (E16-E18)."""
    base, new = now.base.copy(), now.new_choices.copy()
    for index, network in enumerate(setting.networks):
        price = ecosystem_prices(setting, network, now)
        for region, users in enumerate(setting.agents.users[index]):
            share = seeded(network, region, now.base[region, network.column], now.year)
            choice = users.decide(setting, network, share, price[region], now.wedges, now.year)
            base[region, network.column] = update_base(share, choice, network.rechoice_rate, setting.dt)
            new[region, network.column] = share @ choice
    return {"base": base, "new_choices": new, "theta": relocated(setting, shares_of_links(setting, base), now.moved)}


def seeded(network: Network, region: int, share: Array, year: float) -> Array:
    """Installed shares [e] in which an ecosystem that has entered has at least its seed, taken from the others alike."""
    fresh = (network.entry[region] <= year + 1e-9) & (share == 0) & (network.seed[region] > 0)
    if not fresh.any():
        return share
    seed = np.where(fresh, network.seed[region], 0.0)
    return np.asarray(share * (1 - seed.sum()) + seed)


def relocated(setting: Setting, theta: Array, moved: Array) -> Array:
    """Lower shares [lt] after relocation (E24): what a plant no longer serves, its sisters do; cells keep their sum."""
    if not moved.any():
        return theta
    economy, links = setting.economy, setting.economy.links
    source, sister, weight = setting.plants.sisters
    f, d = links.supplier[: links.technique], economy.buyer_region[links.buyer[: links.technique]]
    open_part = weight * (1 - moved[f[sister], d[sister]])
    total = sum_by(source, open_part, len(theta))[source]
    shift = (theta * moved[f, d])[source] * np.where(total > 0, open_part / np.where(total > 0, total, 1.0), 0.0)
    return np.asarray(theta - sum_by(source, shift, len(theta)) + sum_by(sister, shift, len(theta)))


def ecosystem_prices(setting: Setting, network: Network, now: View) -> Array:
    """Delivered price change of each ecosystem for final users [R, e]; 1 where it sells nothing."""
    economy, links = setting.economy, setting.economy.links
    final = slice(links.pointer[economy.final.start], links.technique)
    f, region = links.supplier[final], economy.buyer_region[links.buyer[final]]
    column = setting.plants.ecosystem[f]
    change = now.price[f] * (now.ship * (1 + now.duty))[final] / (1 + economy.tariff0[final])
    place = region * len(setting.ecosystems) + column
    live = (column >= 0) & (economy.theta[final] > 0)
    size = economy.regions * len(setting.ecosystems)
    weight = sum_by(place[live], economy.theta[final][live], size)
    total = sum_by(place[live], (economy.theta[final] * change)[live], size)
    mean = np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), 1.0)
    return mean.reshape(economy.regions, -1)[:, network.column]


def shares_of_links(setting: Setting, base: Array) -> Array:
    """Lower shares theta [lt]: in network segments scaled with N(t)/N(0), renormalised over the choice set (E18b)."""
    economy, links = setting.economy, setting.economy.links
    lt = links.technique
    column = setting.plants.ecosystem[links.supplier[:lt]]
    if not (column >= 0).any():
        return economy.theta
    region = economy.buyer_region[links.buyer[:lt]]
    now, then = base[region, column], setting.base0[region, column]
    latent = economy.latent[links.supplier[:lt]]
    # an entrant's ecosystem starts from nothing: its share of purchases is its share of users
    ratio = np.where(then > 0, now / np.where(then > 0, then, 1.0), 1.0)
    scaled = np.where(latent, now, economy.theta * ratio)
    scaled = np.where(column >= 0, scaled, economy.theta)
    network = np.isin(economy.table.segment[links.supplier[:lt]], economy.table.segment[setting.plants.ecosystem >= 0])
    total = links.by_cell(scaled)[links.cell]
    return np.where(network, scaled / np.where(total > 0, total, 1.0), economy.theta)
