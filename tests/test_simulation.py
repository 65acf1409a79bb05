"""Runs as a whole: identities in every quarter, direction, the same bytes for any workers, and no idle parameter."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from calibration import base_year_tables
from calibration.base_year import build_base_year
from calibration.registry import central, load_rows
from model.axes import ECOSYSTEMS, LAYERS, REGION_INDEX, REGIONS, SEGMENT_INDEX, SEGMENTS
from model.errors import IdentityError, ModelError
from model.experiments.cases import Case, run_cases
from model.experiments.store import write_results
from model.instruments import Value
from model.kernel.accounts import account
from model.kernel.links import Array, Mask
from model.scenario.types import Part, Scenario
from model.scenario.types import Path as Levels
from model.schedule import SCHEDULE, run_quarter
from model.simulation import Decoupling
from model.stages.enact import spread_wedges
from model.stages.orders import collect_wedges
from model.stages.respond import decide_states
from model.strategies import paid
from model.world import Parameters, Setting, State
from tests import small

RUNS = (
    ("no_policy", None, "2035Q4"), ("chip_controls", None, "2027Q4"), ("chip_controls", "align_cn", "2027Q4"),
    ("blocs", "hedge", "2032Q4"), ("blocs", "align_us", "2032Q4"), ("blocs", "align_cn", "2032Q4"),
)  # fmt: skip
IDENTITIES = {"market", "budget", "trade", "gdp", "numeraire", "walras", "sum_of_balances", "sum_of_profit_income"}


# -- identities (MODEL.md 8.3) -----------------------------------------------------------------------
@pytest.mark.parametrize(("name", "stance", "last"), RUNS)
def test_identities_every_quarter(name: str, stance: str | None, last: str) -> None:
    model = Decoupling(small.scenario(name, last), stance)
    worst: dict[str, float] = {}
    count = 0
    for state in small.quarters(model):
        assert set(state["books"].errors) >= IDENTITIES
        found = {**state["books"].errors, **own_identities(model.setting, state)}
        worst = {key: max(worst.get(key, 0.0), error) for key, error in found.items()}
        assert (state["price"] > 0).all()
        assert (state["expenditure"] > 0).all()
        assert (state["rent"] >= 0).all()
        assert (state["stock"] >= 0).all()
        assert (state["output"] >= 0).all()
        count += 1
    assert max(worst.values()) < 1e-10, worst
    assert count == len(model.quarters)


def own_identities(setting: Setting, state: State) -> dict[str, float]:
    """The identities once more from flows and prices alone, by code that is not the model's."""
    economy, links, books = setting.economy, setting.economy.links, state["books"]
    place, region = economy.table.location, economy.buyer_region
    o, d = place[links.supplier], region[links.buyer]
    price, flow, terms = state["price"], books.flow, state["terms"]
    value = price[links.supplier] * flow
    paid = (1 + terms.duty) * value
    sent = np.zeros(economy.n)
    np.add.at(sent, links.supplier, flow)
    final = np.zeros(economy.regions)
    consumers = (links.buyer >= economy.final.start) & (links.buyer < economy.final.stop)
    np.add.at(final, d[consumers], paid[consumers])
    abroad = np.where(o != d, value, 0.0)
    net = np.bincount(o, abroad, economy.regions) - np.bincount(d, abroad, economy.regions)
    balance = state["expenditure"] - books.income
    revenue = price * state["output"] / (1 - terms.subsidy)
    bought = np.bincount(links.buyer, paid, len(region))
    firm = np.bincount(place, revenue - books.wages - books.profit, economy.regions)
    producers = economy.n + economy.k
    spent = np.bincount(region[:producers], bought[:producers], economy.regions)
    limit = np.where(np.isfinite(state["capacity_now"]), state["capacity_now"], np.inf)
    return {
        "own_market": float(abs(sent - state["output"]).max()),
        "own_final": float(abs(final - state["expenditure"]).max()),
        "own_world": abs(float(final.sum()) - 1),
        "own_firms": float(abs(firm - spent).max()),
        "own_trade": float(abs(net + balance + books.net_profit_income).max()),
        "own_balances": float(abs(np.bincount(terms.bloc, balance)).max()),
        "own_transfers": abs(float(books.net_profit_income.sum())),
        "own_capacity": float(np.maximum(0, state["output"] / limit - 1).max()),
        "own_cuts": float(abs(flow[state["denial"] >= 1]).max(initial=0.0)),
    }


def test_accounts_find_a_broken_flow() -> None:
    """The identities have teeth: one flow changed by a millionth of itself is found."""
    model = Decoupling(small.scenario("no_policy", "2018Q1"))
    model.step()
    got, terms = model.now["delivered"], model.now["terms"]
    account(model.setting.economy, got, terms)
    inputs = got.inputs.copy()
    inputs[int(model.setting.economy.flow0[: len(inputs)].argmax())] *= 1 + 1e-6
    with pytest.raises(IdentityError):
        account(model.setting.economy, got._replace(inputs=inputs), terms)


# -- direction (MODEL.md 8.8) ------------------------------------------------------------------------
def controlled(rate: float, segment: str) -> Decoupling:
    """A model whose controls start in its third quarter, enforced in full (evasion: tests/test_evasion.py)."""
    levers: dict[str, Value] = {"segments": (segment,), "denial_rate": rate, "enforcement": 1.0}
    return Decoupling(small.with_measures((small.measure("export_control", levers, 2018.5, senders=("USA",)),)))


@pytest.mark.parametrize("segment", ["equipment", "logic", "accelerators", "os", "platforms"])
def test_a_stronger_denial_never_raises_deliveries(segment: str) -> None:
    """On the real table, in the quarter in which the control starts and a year on from one common state."""
    origin, target, s = REGION_INDEX["USA"], REGION_INDEX["CHN"], SEGMENT_INDEX[segment]
    models = {rate: controlled(rate, segment) for rate in (0.0, 0.2, 0.5, 0.9, 1.0)}
    start = models[0.5]
    for quarters_before in (2, 4):
        while start.now["quarter"] < quarters_before:
            start.step()
        found = []
        for model in models.values():
            state = run_quarter(model.setting, start.now | {"in_force": start.now["in_force"]})
            found.append(float(small.cube(model.setting, state)[origin, target, s]))
        assert found == sorted(found, reverse=True), found
        assert found[0] > found[2] > 0
        assert found[-1] == 0


# -- from wedges to links ----------------------------------------------------------------------------
def enacted(levers: dict[str, Value], **changes: Array) -> tuple[Setting, State]:
    """What the first stage writes on the first day, under an export control of the USA against China, fully enforced."""
    levers = levers | {"enforcement": 1.0}
    model = Decoupling(small.with_measures((small.measure("export_control", levers, 2018.0, senders=("USA",)),)))
    now = SimpleNamespace(**(model.now | changes))
    return model.setting, SCHEDULE[0].function(model.setting, now)


def links_between(setting: Setting, origin: str, target: str, segment: str) -> Mask:
    """Links from plants of a region and segment to buyers of a region."""
    economy, links = setting.economy, setting.economy.links
    here = economy.table.location[links.supplier] == REGION_INDEX[origin]
    there = economy.buyer_region[links.buyer] == REGION_INDEX[target]
    return np.asarray(here & there & (economy.table.segment[links.supplier] == SEGMENT_INDEX[segment]))


def test_a_denial_reaches_its_links_and_no_others() -> None:
    setting, wrote = enacted({"segments": ("equipment",), "denial_rate": 0.6})
    hit = links_between(setting, "USA", "CHN", "equipment")
    assert hit.sum() > 5
    assert wrote["denial"][hit] == pytest.approx(0.6)
    assert not wrote["denial"][~hit].any()


def test_an_exemption_by_owner_spares_foreign_plants_only() -> None:
    """Plants and investors in China with a foreign owner keep their tools; Chinese ones do not."""
    setting, wrote = enacted({"segments": ("equipment",), "denial_rate": 0.6, "owner_exemption": 1.0})
    economy, buyer = setting.economy, setting.economy.links.buyer
    owner = np.full(len(economy.buyer_region), REGION_INDEX["CHN"])
    owner[: economy.n] = setting.plants.owner
    owner[economy.n : economy.n + economy.k] = economy.table.investors[:, 2]
    hit = links_between(setting, "USA", "CHN", "equipment")
    foreign = hit & (owner[buyer] != REGION_INDEX["CHN"])
    assert (foreign & (buyer < economy.n)).any()
    assert (foreign & (buyer >= economy.n)).any()
    assert not wrote["denial"][foreign].any()
    assert wrote["denial"][hit & ~foreign] == pytest.approx(0.6)


def test_relations_given_up_are_denied_abroad_not_at_home() -> None:
    setting = Decoupling(small.scenario()).setting
    lost = np.zeros((setting.n, setting.economy.regions))
    lost[:, REGION_INDEX["CHN"]] = 0.25
    setting, wrote = enacted({"segments": ("equipment",), "denial_rate": 0.6}, lost=lost)
    assert wrote["denial"][links_between(setting, "USA", "CHN", "logic")] == pytest.approx(0.25)
    assert wrote["denial"][links_between(setting, "USA", "CHN", "equipment")] == pytest.approx(1 - 0.4 * 0.75)
    assert not wrote["denial"][links_between(setting, "CHN", "CHN", "logic")].any()
    assert not wrote["denial"][links_between(setting, "USA", "KOR", "logic")].any()


def test_a_denial_beyond_the_threshold_is_a_full_cut() -> None:
    limit = central().scalar("full_cut_threshold")
    for rate, expected in ((limit - 0.01, limit - 0.01), (limit + 0.01, 1.0)):
        setting, wrote = enacted({"segments": ("logic",), "denial_rate": rate})
        hit = links_between(setting, "USA", "CHN", "logic")
        assert wrote["denial"][hit] == pytest.approx(expected, abs=1e-12)
        assert wrote["open_links"][hit[: len(wrote["open_links"])].nonzero()[0]].any() == (expected < 1)


def test_capacity_without_capital_goods_follows_orders() -> None:
    """Plants that buy no capital goods grow where more is wanted and shrink where less is."""
    cut = small.measure("export_control", {"segments": ("devices", "os"), "denial_rate": 0.9}, 2018.0)
    model = Decoupling(small.with_measures((cut,)), parameters=small.still())
    before = model.now["capacity"]
    states = list(small.quarters(model))
    economy = model.setting.economy
    free = (economy.investor < 0) & np.isfinite(before) & ~economy.latent
    grown = states[0]["capacity"][free] - before[free]
    wanted = (model.setting.behaviour.slack * states[0]["orders"] - before)[free]
    moved = abs(wanted) > 1e-6 * before[free]
    assert moved.any()
    assert (np.sign(grown[moved]) == np.sign(wanted[moved])).all()
    assert abs(states[-1]["capacity"][free] / before[free] - 1).max() > 0.01


# -- runs --------------------------------------------------------------------------------------------
def test_horizon_and_labels() -> None:
    model = Decoupling("no_policy")
    assert (model.quarters[0], model.quarters[-1], len(model.quarters)) == ("2018Q1", "2035Q4", 72)
    short = Decoupling(small.scenario("no_policy", "2018Q3"))
    assert [state["quarter"] for state in small.quarters(short)] == [1, 2, 3]
    assert not short.running
    assert short.now["year"] == 2018.75


def test_a_finer_step_is_the_same_story() -> None:
    """The whole model at half the step: annual effects of policy stay within a tenth of the largest.

    Subsidies stand apart: they raise what the others lower, and a tenth of a difference of the two says little.
    """

    def annual(scenario: Scenario, dt: float) -> Array:
        model = Decoupling(scenario, dt=dt)
        values = np.array([small.real_income(model.setting, state) for state in small.quarters(model)])
        assert len(values) == round(2 / dt)
        return np.asarray(values.reshape(2, -1, 8).mean(1))

    whole = small.everything()
    for supports in (False, True):
        chosen = tuple(m for m in whole.measures if (m.instrument == "subsidy") == supports)
        policy = replace(whole, measures=chosen)
        quarter, eighth = (annual(policy, dt) / annual(small.scenario(), dt) - 1 for dt in (0.25, 0.125))
        assert abs(quarter).max() > 1e-3
        assert abs(quarter - eighth).max() < 0.1 * abs(quarter).max()


def test_a_run_is_a_function_of_its_inputs() -> None:
    one, two = (small.outcomes_of(Decoupling(small.everything(), seed=3, record="all")) for _ in range(2))
    assert not small.same_bits(one, two)


def test_chance_moves_only_with_the_seed() -> None:
    """Seeds change what is left to chance under controls, and nothing where nothing is left to chance."""
    acting = [small.outcomes_of(Decoupling(small.everything(), seed=s)) for s in (0, 1)]
    calm = [small.outcomes_of(Decoupling(small.scenario(), seed=s)) for s in (0, 1)]
    assert small.same_bits(*acting)
    assert not small.same_bits(*calm)


def test_scenario_overrides_reach_the_parameters() -> None:
    changed = replace(small.scenario(), overrides={"elasticity_of_substitution[memory]": 6})
    assert Decoupling(changed).setting.economy.sigma[SEGMENT_INDEX["memory"]] == 6
    assert Decoupling(small.scenario()).setting.economy.sigma[SEGMENT_INDEX["memory"]] != 6


def test_workers_do_not_matter(tmp_path: Path) -> None:
    """Two draws of a scenario and its baseline: the same bytes from one worker and from two."""
    scenarios = [small.scenario(name, "2023Q4") for name in ("no_policy", "chip_controls")]
    cases = [Case(s.name, s, None, draw, 0, ((0,), (1,)), None) for draw in (0, 1) for s in scenarios]
    files = []
    for workers in (1, 2):
        shards = run_cases(cases, workers)
        assert not shards.failures
        files.append(tmp_path / f"{workers}.parquet")
        write_results(files[-1], shards.recordings)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(files[0].read_bytes()) > 10_000


# -- no idle parameter -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Watched(Parameters):
    """Parameters that note which names are read; a copy of all of them reads none."""

    seen: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> dict[str, float]:
        self.seen.add(name)
        return dict(self.table[name])

    def items(self) -> Iterator[tuple[str, dict[str, float]]]:  # type: ignore[override]
        return iter([(name, dict(rows)) for name, rows in self.table.items()])


def test_every_parameter_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter that nothing reads must go: neither the settings of blocs with every paid strategy nor the base year do."""
    watched, settings_seen = Watched(central().table), set()
    for method in ("number", "word", "by_segment", "by_region", "pairs"):
        plain = getattr(base_year_tables.Settings, method)

        def reading(self: base_year_tables.Settings, name: str, *rest: str, plain: object = plain) -> object:
            settings_seen.add(name)
            return plain(self, name, *rest)  # type: ignore[operator]

        monkeypatch.setattr(base_year_tables.Settings, method, reading)
    monkeypatch.setattr("calibration.world._LATEST", deque(maxlen=1))  # no world of these values is at hand
    spending = tuple(Part(name, Levels(constant=0.1)) for name in paid())
    scenario = replace(small.scenario("blocs", "2018Q2"), plans={"all": (Part("hedge", Levels(constant=1.0)), *spending)})
    model = Decoupling(scenario, "all", parameters=watched)
    model.step()
    names = {row.name for row in load_rows()}
    assert watched.seen <= names
    idle = names - watched.seen - settings_seen - {"strategy_budget", "won_per_dollar"}  # `blocs strategies` reads these
    assert not idle, f"no code reads {sorted(idle)}"


def test_every_base_year_row_has_a_place() -> None:
    """Rows of the base year are read by axis; an index that is no code would be passed over silently."""
    known = {"", *REGIONS, *SEGMENTS, *(part for names in ECOSYSTEMS.values() for e in names for part in e.split("/")), *ECOSYSTEMS, *LAYERS}
    known |= {"imported_inputs", "open_source", "collaboration", "investment", *paid()}
    year = build_base_year({}, with_diagnostics=False)
    known |= {name for name, theta in zip(year.plant_ids, year.table.theta, strict=True) if theta > 0}
    strange = [row.key for row in load_rows() if not set(row.index.split("/")) <= known]
    assert not strange, strange



# -- terms one by one --------------------------------------------------------------------------------
def stirred(seed: int = 5) -> tuple[Setting, dict[str, Array], SimpleNamespace]:
    """A world two quarters on, every wedge and carried variable that the first stage spreads at random values."""
    model = Decoupling(small.scenario())
    model.step()
    model.step()
    rng, setting = np.random.default_rng(seed), model.setting
    wedges = small.Loose({
        name: rng.uniform(1 if name in ("iceberg_cost", "standard_cost") else 0, 1.2 if "cost" in name else 0.5, array.shape)
        for name, array in small.arrays(model.now["wedges"]).items()
    })  # fmt: skip
    shape = model.now["lost"].shape
    changes = {
        "lost": rng.uniform(0, 0.5, shape), "left": rng.uniform(0, 0.5, shape), "standard": rng.integers(0, 4, shape[0]),
        "capability": setting.capability0 + rng.uniform(-0.5, 0.5, shape[0]), "data": rng.uniform(0.5, 2, shape[1]),
        "capacity": model.now["capacity"] * rng.uniform(0.5, 2, shape[0]), "frameworks": rng.uniform(0.5, 2, shape[1]),
        "network_value": rng.uniform(-1, 1, model.now["network_value"].shape),
    }  # fmt: skip
    return setting, wedges, SimpleNamespace(**(model.now | changes))


def test_wedges_on_links_in_numbers() -> None:
    """E21, E36, E37 link by link: what is licensed, listed, evaded, given up and left, and what units it costs."""
    setting, wedges, now = stirred()
    economy, table, behaviour = setting.economy, setting.economy.table, setting.behaviour
    wrote = spread_wedges(setting, wedges, now.opened, now)  # type: ignore[arg-type]
    held = np.where(now.opened & (economy.investor >= 0), now.capacity, 0.0)
    tools = economy.kappa * table.depreciation * held
    for i in np.random.default_rng(1).choice(len(economy.links.buyer), 1500, replace=False):
        f, b = economy.links.supplier[i], economy.links.buyer[i]
        o, d, s = table.location[f], economy.buyer_region[b], table.segment[f]
        spared, listed = 0.0, 0.0
        if b < economy.n:
            spared, listed = wedges["exemption"][setting.plants.owner[b], o, s], wedges["firm_listing"][o, b]
        elif b < economy.n + economy.k:
            mine = economy.investor == b - economy.n
            spared = wedges["exemption"][table.investors[b - economy.n, 2], o, s]
            listed = np.average(wedges["firm_listing"][o, mine], weights=tools[mine]) if tools[mine].any() else 0.0
        use = 0 if b < economy.n and setting.technology()[b] else 1 if economy.n <= b < economy.n + economy.k else 2
        controlled = 1 - (1 - wedges["denial_rate"][o, d, s]) * (1 - wedges["use_denial"][use, o, d, s])
        denied = 1 - (1 - controlled * (1 - spared)) * (1 - listed)
        through = behaviour.evasion[s] * (1 - wedges["enforcement"][o, d, s])
        denial = 1 - (1 - denied * (1 - through)) * (1 - (now.lost[f, d] if o != d else 0)) * (1 - now.left[f, d])
        assert wrote["denial"][i] == pytest.approx(1.0 if denial > behaviour.full_cut else denial, rel=1e-12)
        evaded = denied * through / (1 - denied * (1 - through)) if denial <= behaviour.full_cut else 0.0
        assert wrote["evaded"][i] == pytest.approx(evaded, rel=1e-12)
        standards = wedges["standard_cost"][o, d, s] * (1 + (now.standard[f] == 0) * wedges["dual_cost"][:, o, d, s].sum())
        assert wrote["standards"][f, d] == pytest.approx(standards, rel=1e-12)
        units = wedges["iceberg_cost"][o, d, s] * standards * (1 + behaviour.evasion_premium * evaded)
        assert wrote["ship"][i] == pytest.approx(units, rel=1e-12)
        assert wrote["duty"][i] == pytest.approx(economy.tariff0[i] + wedges["tariff_rate"][o, d, s], rel=1e-12)


def test_quality_on_links_in_numbers() -> None:
    """E13, E29, E31 link by link: capability under a cap that falls behind, AI quality in its place, network value."""
    setting, wedges, now = stirred()
    economy, table, behaviour, own = setting.economy, setting.economy.table, setting.behaviour, setting.innovation
    wedges["capability_cap"] = np.where(wedges["capability_cap"] > 0.25, np.inf, wedges["capability_cap"])
    wrote = spread_wedges(setting, wedges, now.opened, now)  # type: ignore[arg-type]
    advance = now.capability - setting.capability0
    grown = np.exp(behaviour.growth * 0.5)
    rho = 1 - 1 / own.ai_elasticity

    def ratio(region: int, segment: str) -> float:
        built = np.where(np.isfinite(table.capacity), table.capacity, 0.0)
        rows = (built > 0) & (table.location == region) & (table.segment == SEGMENT_INDEX[segment])
        return float(now.capacity[rows].sum() / (built[rows].sum() * grown[region])) if rows.any() else 1.0

    ai = table.segment == SEGMENT_INDEX["ai_apps"]
    lost = np.maximum(wedges["market_access"], 0)
    cloud = [e for e, name in enumerate(setting.ecosystems) if name.startswith("cloud/")]
    for f in np.flatnonzero(ai):
        r = table.location[f]
        compute = (1 - own.cloud_weight) * ratio(r, "ai_apps") + own.cloud_weight * ratio(r, "platforms") * (1 - now.base[r, cloud] @ lost[cloud, r])
        factors = np.array([compute * np.exp(advance[f]), now.data[r], now.frameworks[r]])
        assert wrote["ai_quality"][f] == pytest.approx(np.log(own.ai_weight @ factors**rho) / rho, rel=1e-10)
    chips = ("equipment", "foundry", "memory", "logic", "accelerators", "platforms")
    compute_segments = [SEGMENT_INDEX[s] for s in chips]
    for i in np.random.default_rng(2).choice(economy.links.technique, 1500, replace=False):
        f, b = economy.links.supplier[i], economy.links.buyer[i]
        o, d, s = table.location[f], economy.buyer_region[b], table.segment[f]
        before = 0.0 if economy.latent[f] else setting.capability0[f]
        level = before + wrote["ai_quality"][f] if ai[f] else now.capability[f]
        level -= behaviour.frontier_growth[s] * wedges["release_lag"][d, s]
        cap = wedges["capability_cap"][o, d, s] - behaviour.frontier_growth[s] * 0.5
        v = behaviour.quality_valuation[f] * (min(level, cap) - before)
        for k, network in enumerate(setting.networks):
            v += network.valuation * now.network_value[d, k] * setting.plants.membership[f, network.column].sum()
        if b < economy.n and ai[b] and s in compute_segments:
            v = 0.0
        assert np.log(wrote["quality"][i]) == pytest.approx(v, rel=1e-9, abs=1e-12)


def test_announced_denials_less_exemptions_in_numbers() -> None:
    """E27: belief times the denial at the path's end, for buyers whose owner is not spared; only between the two dates."""
    levers: dict[str, Value] = {"segments": ("logic",), "denial_rate": 0.6, "owner_exemption": 0.5}
    cut = replace(small.measure("export_control", levers, 2019.0 + 1e-12, senders=("USA",)), announced=2018.5 + 1e-12)
    setting = Decoupling(small.with_measures((cut,))).setting
    (usa, chn, kor), s = (REGION_INDEX[r] for r in ("USA", "CHN", "KOR")), SEGMENT_INDEX["logic"]
    for year, seen in ((2018.25, 0.0), (2018.5, 1.0), (2018.75, 1.0), (2019.0, 0.0)):
        wedges = collect_wedges(setting, year, decide_states(setting, year))
        found = wedges["announced"][0, :, usa, chn, s]
        assert (wedges["announced"] == wedges["announced"][:1]).all()  # a denial of the segment is one of every use
        belief = setting.behaviour.announced_belief * seen
        assert found[chn] == pytest.approx(belief * 0.6)
        assert found[kor] == pytest.approx(belief * 0.6 * (1 - wedges_exempt(setting)))


def wedges_exempt(setting: Setting) -> float:
    """Part of the denial from which Korean owners are spared once that control is in force."""
    wedges = collect_wedges(setting, 2019.0, decide_states(setting, 2019.0))
    return float(wedges["exemption"][REGION_INDEX["KOR"], REGION_INDEX["USA"], SEGMENT_INDEX["logic"]])


def test_measures_are_in_force_on_their_dates_in_numbers() -> None:
    """E22: decided in one quarter for the next; wedges move in the quarter that starts on the date, not before or after."""
    cut = small.measure("export_control", {"segments": ("logic",), "denial_rate": 0.6}, 2018.5, 2019.0, senders=("USA",))
    model = Decoupling(small.with_measures((cut,)))
    place = (REGION_INDEX["USA"], REGION_INDEX["CHN"], SEGMENT_INDEX["logic"])
    seen = {state["year"] - 0.25: state["wedges"]["denial_rate"][place] for state in small.quarters(model)}
    assert seen == {year: 0.6 if 2018.5 <= year < 2019.0 else 0.0 for year in seen}


@pytest.mark.parametrize("whose", ["plant", "users", "nobody"])
def test_a_quarter_without_a_solution_says_when_and_whose(whose: str) -> None:
    """Plants and users go by number in the kernel; who reads the message knows them by name."""
    setting = Decoupling(small.scenario()).setting
    buyer = {"plant": 3, "users": setting.economy.final.start + 2, "nobody": None}[whose]
    name = {"plant": f", {setting.plants.ids[3]}", "users": f", {setting.regions[2]}", "nobody": ""}[whose]

    def unsolvable(setting: Setting, now: SimpleNamespace) -> State:
        raise ModelError("nothing adds up", buyer)

    model = Decoupling(
        small.scenario(), schedule=tuple(replace(s, function=unsolvable) if s.name == "trade" else s for s in SCHEDULE)
    )
    with pytest.raises(ModelError) as found:
        model.step()
    assert str(found.value) == f"{model.quarters[0]}{name}: nothing adds up"
