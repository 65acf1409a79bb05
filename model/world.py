"""What a run is made of: frozen parameters and setting, and the one dictionary of arrays that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import numpy as np

from model.kernel.adjustment import expected_drift
from model.kernel.inversion import Economy
from model.kernel.links import Array, Index, Mask
from model.networks import Ecosystems
from model.networks import Network as Network  # what a setting is made of is imported from here
from model.wedges import USES

T = TypeVar("T")
State = dict[str, Any]
"""Arrays at t by name; every name is explained in model/schedule.py (VARIABLES)."""
View = SimpleNamespace
"""The declared reads of a stage, as attributes."""


@dataclass(frozen=True)
class Parameters(Mapping[str, Mapping[str, float]]):
    """Values by parameter name and index ('' for a scalar). Built by `calibration`, read everywhere.

    Units, ranges, grades and sources stand in calibration/parameters/*.csv, one row per value.
    """

    table: Mapping[str, Mapping[str, float]]

    def __getitem__(self, name: str) -> Mapping[str, float]:
        return self.table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    def scalar(self, name: str) -> float:
        """A parameter without axes."""
        return self[name][""]

    def array(self, name: str, index: tuple[str, ...]) -> Array:
        """A parameter over an axis, shape [len(index)]; a row without index holds for all not named."""
        rows = self[name]
        return np.array([rows[i] if i in rows else rows[""] for i in index], float)


@dataclass(frozen=True)
class Behaviour:
    """Behavioural parameters as the stages want them. Speeds a year; axes s segment, n plant, r region.

    sourcing_speed [s]; labour_speed, wage_speed (below) and wage_speed_up (above full employment), rent_speed; investment_speed, investment_price_response;
    follow_speed (capacity without capital goods); slack [n] K0/x0; growth [r] of effective labour;
    quality_valuation [n], frontier_growth [s], diffusion_rate [n] a year, diffusion_saturation, channel_weight [c];
    over_compliance, search_success a year; search_cost a share of a year's purchases; full_cut threshold;
    input_limit omega_K, response of capacity to missing inputs; expansion_limit of capacity a year;
    smoothing psi: part of a change of income that is not spent at once; habit_speed a year at which it is;
    rent_erosion a year, of rents where capacity is idle; rent_pressure: largest log excess of orders that counts;
    stock_target [s] quarters of use under a certain denial, stock_trigger a part of it, stock_speed a year;
    announced_belief: probability given to an announced control; data_depreciation a year;
    exit_threshold part of base output below which a plant is idle, exit_patience years it bears that;
    firm_exit_rate a year of a fringe's firms, retreat_rate a year of an idle named plant;
    evasion [s] part of denied deliveries that gets through where nobody enforces, evasion_premium in units per unit;
    standards_hysteresis: gain that makes a plant change its standards, of its profits on both sides; standards_exit a year;
    relocation_elasticity: how business within a firm follows the prices of its plants;
    price_trend_speed a year, of what firms take as the lasting price of their product over capital goods;
    investor_takeover: whether investors replace what is denied beyond their technique (0: the reference quarter).
    fixed_balance: keep B at its base value (for the static limit).
    """

    sourcing_speed: Array
    labour_speed: float
    wage_speed: float
    wage_speed_up: float
    rent_speed: float
    investment_speed: float
    investment_price_response: float
    follow_speed: float
    slack: Array
    growth: Array
    quality_valuation: Array
    frontier_growth: Array
    diffusion_rate: Array
    diffusion_saturation: float
    channel_weight: Array
    over_compliance: float
    search_success: float
    search_cost: float
    full_cut: float
    input_limit: float = 0.0
    expansion_limit: float = np.inf
    smoothing: float = 0.0
    habit_speed: float = 0.0
    rent_erosion: float = 0.0
    rent_pressure: float = np.inf
    stock_target: Array = field(default_factory=lambda: np.zeros(0))
    stock_trigger: float = 1.0
    stock_speed: float = 0.0
    announced_belief: float = 0.0
    exit_threshold: float = 0.0
    exit_patience: float = 0.0
    firm_exit_rate: float = 0.0
    retreat_rate: float = 0.0
    data_depreciation: float = 0.0
    evasion: Array = field(default_factory=lambda: np.zeros(0))
    evasion_premium: float = 0.0
    standards_hysteresis: float = 0.0
    standards_exit: float = 0.0
    price_trend_speed: float = 0.0
    relocation_elasticity: float = 0.0
    investor_takeover: float = 0.0
    fixed_balance: bool = False


@dataclass(frozen=True)
class Innovation:
    """Own innovation and AI quality (E15, E28-E30); the defaults leave capability alone. Axes n plant; one value for all will do.

    own [n] innovation at base R&D and experience, catch_up [n], both log points a year; rd_elasticity [n] zeta,
    learning_elasticity [n] omega; depreciation a year of knowledge off the path; rd_lag years; tool_dependence: part of R&D that needs foreign tools;
    research_effect [n] own R&D worth of research paid by the state of one unit of sales (E50), relative to base R&D;
    subsidy_effect [n] own R&D worth of subsidies of one unit of sales, relative to base R&D; memory
    years of output that count as experience. ai_elasticity and ai_weight [3] of compute, data, frameworks;
    cloud_weight: part of AI's compute that stands in platforms; induced: response to scarcity; algorithm_lag years.
    """

    own: Array = field(default_factory=lambda: np.zeros(1))
    catch_up: Array = field(default_factory=lambda: np.zeros(1))
    rd_elasticity: Array = field(default_factory=lambda: np.zeros(1))
    learning_elasticity: Array = field(default_factory=lambda: np.zeros(1))
    depreciation: float = 0.0
    rd_lag: float = 1.0
    tool_dependence: float = 0.0
    subsidy_effect: Array = field(default_factory=lambda: np.zeros(1))
    research_effect: Array = field(default_factory=lambda: np.zeros(1))
    memory: float = 1.0
    ai_elasticity: float = 0.5
    ai_weight: Array = field(default_factory=lambda: np.array([1.0, 0.0, 0.0]))
    cloud_weight: float = 0.0
    induced: float = 0.0
    algorithm_lag: float = 1.0


@dataclass(frozen=True)
class Plants:
    """What is known of each plant besides its numbers: id, firm ('' for a fringe), kind, owner region, entry year,
    membership [n, ecosystem] weights by which a plant belongs to ecosystems (rows add to 1, or are 0), relations a row has with a region's buyers, customs [n, R] region its output leaves from, relocation_speed [n] a year (0: cannot),
    relocation_cost [n] of a year's sales moved,
    sisters: pairs of links (from, to, weight) of one firm's plants in a segment to the same buyer;
    firm_number [n]: which firm, -1 for a fringe."""

    ids: tuple[str, ...]
    firms: tuple[str, ...]
    owner: Index
    entry: Array
    membership: Array
    count: Index
    customs: Array
    entity: Any
    relocation_speed: Array
    relocation_cost: Array
    sisters: tuple[Index, Index, Array]
    firm_number: Index


@dataclass(frozen=True)
class Rung:
    """Place of a measure on the ladder of a state that reacts (E46): whose stance on which layer puts it in force, from where
    to where; whether allies may take part."""

    state: int
    layer: int
    start: float
    full: float
    allies: bool


@dataclass(frozen=True)
class Action:
    """A measure with its blocs resolved for one stance: who acts (region indices) on whom, and on what path.

    rung: on whose ladder it stands; None for a measure of the scenario.
    """

    id: str
    instrument: str
    senders: tuple[int, ...]
    targets: tuple[int, ...]
    measure: Any
    rung: Rung | None = None


@dataclass(frozen=True)
class Reaction:
    """How states react (E44, E45, E47); the defaults leave them alone. Axes R region, G layer.

    rival [R] region a state watches (-1: none); to_catch_up, to_controls [R] strengths a year; decay a year; step taken by chance
    (0: none is); breadth: part of the worst layer that counts in all; start year of the first reaction; layers: segments of each; alignment [leader, R] of allies, exposure_weight.
    """

    rival: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    to_catch_up: Array = field(default_factory=lambda: np.zeros(0))
    to_controls: Array = field(default_factory=lambda: np.zeros(0))
    decay: float = 0.0
    step: float = 0.0
    breadth: float = 0.0
    start: float = np.inf
    layers: tuple[Index, ...] = ()
    alignment: Array = field(default_factory=lambda: np.zeros((0, 0)))
    exposure_weight: float = 0.0


@dataclass(frozen=True)
class Joining:
    """A stance in part or for a time (E52): its strength by date, and what stands without it.

    apart: for each action the same measure with the focus in no bloc, None if it then lacks a side;
    serves_both: region indices that then trade with both sides.
    """

    part: Any
    apart: tuple[Action | None, ...]
    serves_both: tuple[int, ...]


class Latest:
    """What was made last under each name and from what: made anew only when that has changed."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Any, Any]] = {}

    def get(self, name: str, source: Any, make: Callable[[], T]) -> T:
        """What `make` gives, or gave last if `source` (anything that == can compare) is the same as then."""
        if name not in self._made or self._made[name][0] != source:
            self._made[name] = (source, make())
        return cast("T", self._made[name][1])


@dataclass(frozen=True)
class Setting:
    """Everything fixed in a run: the calibrated economy, behaviour, networks, plants, actions, seed and step.

    channels_on: channels whose wedges act (None: all); in the others those of `otherwise` do (None: neutral).
    plan: the paid strategies of the focus (`scenario.types.Part`); joining: set if its stance is partial or dated.
    held [t, measure, R]: what states have decided in another run; they decide nothing themselves then (None: they do).
    """

    economy: Economy
    behaviour: Behaviour
    networks: tuple[Network, ...]
    ecosystems: tuple[str, ...]
    plants: Plants
    actions: tuple[Action, ...]
    states: Mapping[int, str]
    focus: int
    serves_both: tuple[int, ...]
    capability0: Array
    base0: Array
    first_year: float
    dt: float
    seed: int
    usd: float
    regions: tuple[str, ...]
    segments: tuple[str, ...]
    agents: Any = None
    parameters: Parameters = field(default_factory=lambda: Parameters({}))
    innovation: Innovation = field(default_factory=Innovation)
    channels_on: frozenset[str] | None = None
    otherwise: Setting | None = None
    plan: tuple[Any, ...] = ()
    joining: Joining | None = None
    reaction: Reaction = field(default_factory=Reaction)
    held: Array | None = None

    @property
    def n(self) -> int:
        """Plants."""
        return self.economy.n

    @cached_property
    def lag_steps(self) -> Index:
        """Steps from the purchase of capital goods to capacity [n], at least one."""
        return np.asarray(np.maximum(1, np.rint(self.economy.table.build_lag / self.dt)).astype(np.int64))

    @cached_property
    def wage_drift(self) -> Array:
        """Expected trend of relative wages [R], logs a year (E10a)."""
        return expected_drift(self.economy, self.behaviour.growth)

    # -- worked out once a run; whoever reads these must not write to them ------------------------------
    @cached_property
    def latest(self) -> Latest:
        """What the run keeps from one quarter to the next because it seldom changes; results do not depend on it."""
        return Latest()

    def fixed(self, name: str, make: Callable[[], T]) -> T:
        """What a stage works out from this setting alone."""
        return self.latest.get(name, None, make)

    def grown(self, year: float) -> Array:
        """Growth of each region's labour since the start, on its baseline path [R]."""
        return self.latest.get("grown", year, lambda: np.asarray(np.exp(self.behaviour.growth * (year - self.first_year))))

    @cached_property
    def place(self) -> Index:
        """Place of each link [l] in a [plant, region of the buyer] array laid out flat."""
        return self.economy.place

    def by_link(self, value: Array, links: slice = slice(None)) -> Array:
        """[n, R] by plant and region of the buyer, as [l]."""
        return np.asarray(value.ravel()[self.place[links]])

    def by_plant(self, wedge: Array) -> Array:
        """A wedge [o, d, s] as the plants see it, by region of the buyer [n, R]."""
        return np.asarray(wedge.ravel()[self._wedge_cell])

    def at_place(self, wedge: Array) -> Array:
        """A wedge [r, s] as the plants see it where they stand [n]."""
        table = self.economy.table
        return np.asarray(wedge[table.location, table.segment])

    @cached_property
    def _wedge_cell(self) -> Index:
        """Cell of each plant and region of the buyer [n, R] in a wedge [o, d, s] laid out flat."""
        table, regions = self.economy.table, self.economy.regions
        return np.asarray((table.location[:, None] * regions + np.arange(regions)) * table.segments + table.segment[:, None])

    @cached_property
    def home(self) -> Mask:
        """Which region is a plant's own [n, R]."""
        return np.asarray(self.economy.table.location[:, None] == np.arange(self.economy.regions)[None])

    @cached_property
    def use(self) -> Index:
        """What each buyer [C] buys for: index in `USES` of what technology plants use up, of capital goods, of all else."""
        economy, n = self.economy, self.n
        found = np.full(len(economy.buyer_region), USES.index("other"))
        found[:n][self.technology()] = USES.index("inputs")
        found[n : n + economy.k] = USES.index("capital")
        return found

    @cached_property
    def ecosystem(self) -> Ecosystems:
        """All networks side by side."""
        return Ecosystems(self.networks, self.base0)

    def technology(self) -> Mask:
        """Plants outside `rest` [n]."""
        return np.asarray(self.economy.table.segment != len(self.segments) - 1)

    @cached_property
    def _plants_of(self) -> dict[str, Mask]:
        return {name: np.asarray(self.economy.table.segment == s) for s, name in enumerate(self.segments)}

    def plants_of(self, segment: str) -> Mask:
        """Plants of a segment [n]; none if the world has no such segment."""
        return self._plants_of.get(segment, np.zeros(self.n, bool))
