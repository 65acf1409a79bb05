"""A resolved scenario: frozen, everything merged and checked, every value with its place of origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = float | str | tuple[str, ...]
REACTIVE = "reactive"
"""What stands under `states:` of a state that reacts."""


@dataclass(frozen=True)
class Path:
    """A lever over time: one constant, or (year, number) points joined by straight lines, flat outside."""

    points: tuple[tuple[float, float], ...] = ()
    constant: Scalar | None = None

    def at(self, year: float) -> Scalar:
        """The lever's value in the quarter that starts at `year`."""
        if self.constant is not None:
            return self.constant
        last = self.points[0]
        for point in self.points:
            if year < point[0] - 1e-9:
                if year <= last[0]:
                    return last[1]
                share = (year - last[0]) / (point[0] - last[0])
                return last[1] + share * (point[1] - last[1])
            last = point
        return last[1]


@dataclass(frozen=True)
class Place:
    """Where a value stands in a file."""

    file: str
    line: int
    column: int = 1


@dataclass(frozen=True)
class Measure:
    """One dated use of an instrument. `senders` and `targets` hold region codes or bloc names; `joining` senders that
    begin later than the others, and when."""

    id: str
    instrument: str
    start: float
    end: float | None
    announced: float | None
    suspended: tuple[tuple[float, float], ...]
    senders: tuple[str, ...]
    targets: tuple[str, ...]
    levers: Mapping[str, Path]
    source: str
    place: Place
    joining: tuple[tuple[str, float], ...] = ()

    @property
    def what(self) -> tuple[object, ...]:
        """What it does, by whom, to whom and when: the same for measures that two scenarios share."""
        return self.instrument, self.start, self.end, self.senders, self.targets, tuple(self.levers.items())

    def waiting(self, year: float) -> frozenset[str]:
        """Regions among the senders that have not joined in the quarter that starts at `year`."""
        return frozenset(region for region, when in self.joining if year < when - 1e-9)

    def in_force(self, year: float) -> bool:
        """Whether the measure applies in the quarter that starts at `year`."""
        after_start = year >= self.start - 1e-9
        before_end = self.end is None or year < self.end - 1e-9
        paused = any(a - 1e-9 <= year < b - 1e-9 for a, b in self.suspended)
        return after_start and before_end and not paused


@dataclass(frozen=True)
class Part:
    """One strategy within a plan: strength (of a stance, 0 to 1) or budget (percent of GDP a year) over time, from and to.

    `start` None: from the horizon's first quarter; `end`: first quarter without it, None: to the horizon's end.
    """

    strategy: str
    size: Path
    start: float | None = None
    end: float | None = None

    def at(self, year: float) -> float:
        """Strength or budget in the quarter that starts at `year`; 0 outside its dates."""
        begun = self.start is None or year >= self.start - 1e-9
        over = self.end is not None and year >= self.end - 1e-9
        size = self.size.at(year)
        return float(size) if begun and not over and isinstance(size, float) else 0.0


@dataclass(frozen=True)
class Scenario:
    """A named what-if. `baseline` is the name of the scenario it is compared with (None: itself a root)."""

    name: str
    title: Mapping[str, str]
    story: Mapping[str, str]
    baseline: str | None
    focus: str
    first: str
    last: str
    measures: tuple[Measure, ...]
    blocs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stances: Mapping[str, str | None] = field(default_factory=dict)
    plans: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, float | str] = field(default_factory=dict)
    channels: Mapping[str, bool] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def choices(self) -> tuple[str, ...]:
        """What the focus may choose: the stances, then the plans."""
        return (*self.stances, *self.plans)

    def stance_parts(self, choice: str | None) -> tuple[Part, ...]:
        """The stances within a plan, with strength and dates; none for a choice that is no plan."""
        return tuple(part for part in self.plans.get(choice or "", ()) if part.strategy in self.stances)

    def stance_of(self, choice: str | None) -> str | None:
        """The stance that a choice comes to: its own name, or the last one of its plan."""
        parts = self.stance_parts(choice)
        return parts[-1].strategy if parts else None if choice in self.plans else choice

    def members(self, bloc: str, choice: str | None) -> tuple[str, ...]:
        """Regions of a bloc when the focus makes a choice (it joins the bloc its stance names)."""
        stance = self.stance_of(choice)
        fixed = tuple(r for r in self.blocs.get(bloc, (bloc,)) if r != self.focus or bloc not in self.blocs)
        joins = bloc in self.blocs and stance is not None and self.stances.get(stance) == bloc
        return fixed + ((self.focus,) if joins and self.focus not in fixed else ())

    def regions(self, tokens: tuple[str, ...], stance: str | None) -> tuple[str, ...]:
        """Region codes named by tokens (codes or bloc names), each once, in order."""
        return tuple(dict.fromkeys(r for token in tokens for r in self.members(token, stance)))

    def active(self, measure: Measure, stance: str | None) -> tuple[str, ...]:
        """Senders of a measure whose state is not off: those whose part takes effect."""
        senders = self.regions(measure.senders, stance)
        return tuple(r for r in senders if self.states.get(r) != "off")
