"""One entry of `instruments:` -> a Measure: dates, senders, targets, levers and their paths over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from model.axes import REGIONS, SEGMENTS, quarter_label
from model.instruments import Instrument, Lever, instruments
from model.scenario.faults import Faults, shown
from model.scenario.reading import Node, found, join
from model.scenario.types import Measure, Path
from model.scenario.values import QUARTER, many_of, map_of, number, one_of, quarter, quarter_of, span, text

COMMON = ("instrument", "start", "end", "announced", "suspended", "from", "to", "joining")
REQUIRED = ("instrument", "start", "from", "to", "source")
MEASURE_KEYS = (*COMMON, "source")
ALL_TECHNOLOGY = "all_technology"
TECHNOLOGY = tuple(s for s in SEGMENTS if s != "rest")
EPSILON = 1e-9
NOTHING = Path(constant=0.0)


@dataclass(frozen=True)
class Setting:
    """What a measure is checked against: blocs by name, and the horizon (open: --set shortened it)."""

    blocs: Mapping[str, tuple[str, ...]]
    horizon: tuple[float, float] | None
    open_end: bool = False


def build_measures(faults: Faults, node: Node | None, setting: Setting) -> tuple[Measure, ...]:
    """All measures of a list, in order; those with faults are left out."""
    if node is None or node.kind == "refused":
        return ()
    if node.kind != "list":
        faults.add(node.place, "instruments", found(node, faults), faults.say("error.measures.allowed"))
        return ()
    counts: dict[str, int] = {}
    built: list[Measure] = []
    for i, item in enumerate(node.items):
        known = len(faults.found)
        measure = _measure(faults, item, join("instruments", i), setting, counts)
        if measure is not None and len(faults.found) == known:
            built.append(measure)
    return tuple(built)


def _measure(faults: Faults, node: Node, path: str, setting: Setting, counts: dict[str, int]) -> Measure | None:
    if node.kind == "refused":
        return None
    if node.kind != "map":
        faults.add(node.place, path, found(node, faults), faults.say("error.measure.allowed"))
        return None
    for key in REQUIRED:
        if node.get(key) is None:
            faults.add(node.place, join(path, key), faults.say("error.missing.found"),
                       faults.say("error.missing.allowed", name=key))  # fmt: skip
    named = node.get("instrument")
    name = None if named is None else one_of(faults, named, join(path, "instrument"), instruments())
    instrument = None if name is None else instruments()[name]
    start, end, announced, pauses = _dates(faults, node, path, setting)
    senders, targets = _sides(faults, node, path, setting)
    joining = _joining(faults, node, join(path, "joining"), setting, (senders, start, end))
    source = _optional_text(faults, node, path)
    if instrument is None:
        return None
    _unknown_keys(faults, node, path, instrument)
    levers = _levers(faults, node, path, instrument, setting)
    if start is None:
        return None
    identity = f"{PurePosixPath(node.place.file).stem}.{instrument.name}"
    counts[identity] = counts.get(identity, 0) + 1
    return Measure(f"{identity}.{counts[identity]}", instrument.name, start, end, announced, pauses, senders, targets,
                   levers, source, node.place, joining)  # fmt: skip


def _optional_text(faults: Faults, node: Node, path: str) -> str:
    source = node.get("source")
    return (text(faults, source, join(path, "source")) if source is not None else None) or ""


def _unknown_keys(faults: Faults, node: Node, path: str, instrument: Instrument) -> None:
    allowed = (*MEASURE_KEYS, *instrument.levers)
    for key, _ in node.entries:
        if key.kind == "text" and key.text not in allowed:
            faults.unknown(key.place, join(path, key.text), key.text, allowed, "error.key")


def _dates(
    faults: Faults, node: Node, path: str, setting: Setting
) -> tuple[float | None, float | None, float | None, tuple[tuple[float, float], ...]]:
    announced = _date(faults, node, path, "announced", setting)
    start, after = part_dates(faults, node, path, setting)
    last = None if after is None else after - QUARTER
    if start is not None and announced is not None and announced > start:
        _order(faults, node, path, "announced", announced, "error.announced.allowed", start)
    pauses = _pauses(faults, node, join(path, "suspended"), start, last)
    return start, after, announced, pauses


def _date(faults: Faults, node: Node, path: str, key: str, setting: Setting) -> float | None:
    value = node.get(key)
    if value is None:
        return None
    when = quarter(faults, value, join(path, key))
    if when is not None and not _inside(when, setting):
        _outside(faults, value, join(path, key), when, setting)
        return None
    return when


def _inside(when: float, setting: Setting) -> bool:
    if setting.horizon is None:
        return True
    first, last = setting.horizon
    return first - EPSILON <= when and (setting.open_end or when <= last + EPSILON)


def _outside(faults: Faults, node: Node, path: str, when: float, setting: Setting) -> None:
    first, last = setting.horizon or (when, when)
    fields = {"first": quarter_label(first), "last": quarter_label(last)}
    faults.add(node.place, path, faults.say("error.horizon.found", value=quarter_label(when)),
               faults.say("error.horizon.allowed", **fields))  # fmt: skip


def _order(faults: Faults, node: Node, path: str, key: str, when: float, allowed: str, start: float) -> None:
    value = node.get(key) or node
    found_ = faults.say("error.order.found", value=quarter_label(when))
    faults.add(value.place, join(path, key), found_, faults.say(allowed, start=quarter_label(start)))


def _pauses(
    faults: Faults, node: Node, path: str, start: float | None, last: float | None
) -> tuple[tuple[float, float], ...]:
    value = node.get("suspended")
    if value is None or value.kind == "refused":
        return ()
    if value.kind != "list" or any(item.kind == "text" for item in value.items):
        faults.add(value.place, path, found(value, faults), faults.say("error.suspended.allowed"))
        return ()
    pauses: list[tuple[float, float]] = []
    for i, item in enumerate(value.items):
        pause = span(faults, item, join(path, i))
        if pause is None:
            continue
        if (start is not None and pause[0] < start) or (last is not None and pause[1] > last):
            outside = faults.say("error.span.found", first=quarter_label(pause[0]), last=quarter_label(pause[1]))
            faults.add(item.place, join(path, i), outside, faults.say("error.suspended.inside"))
            continue
        pauses.append((pause[0], pause[1] + QUARTER))
    return tuple(sorted(pauses))


def _sides(faults: Faults, node: Node, path: str, setting: Setting) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = (*REGIONS, *setting.blocs)
    sides = []
    for key in ("from", "to"):
        value = node.get(key)
        sides.append(() if value is None else many_of(faults, value, join(path, key), names, "error.place"))
    reach = [{r for token in side for r in setting.blocs.get(token, (token,))} for side in sides]
    both = sorted((reach[0] & reach[1]) | (set(sides[0]) & set(sides[1])))
    if both:
        place = (node.get("to") or node).place
        faults.add(place, join(path, "to"), faults.say("error.sides.found", names=", ".join(both)),
                   faults.say("error.sides.allowed"))  # fmt: skip
    return sides[0], sides[1]


def _joining(
    faults: Faults, node: Node, path: str, setting: Setting, measure: tuple[tuple[str, ...], float | None, float | None]
) -> tuple[tuple[str, float], ...]:
    """Senders that begin later, and when: regions of `from`, or any where it names a bloc (the focus may be any), between start and end."""
    senders, start, end = measure
    reach = REGIONS if any(token in setting.blocs for token in senders) else senders
    found_: dict[str, float] = {}
    for key, value in map_of(faults, node.get("joining"), path):
        where = join(path, key.text)
        when = quarter(faults, value, where)
        if key.text not in REGIONS:
            faults.unknown(key.place, where, key.text, REGIONS)
        elif senders and key.text not in reach:
            allowed = faults.say("error.joining.allowed", names=", ".join(reach))
            faults.add(key.place, where, faults.say("error.joining.found", value=key.text), allowed)
        elif when is not None and not _inside(when, setting):
            _outside(faults, value, where, when, setting)
        elif when is not None and start is not None and (when < start or (end is not None and when >= end)):
            found_when = faults.say("error.order.found", value=quarter_label(when))
            faults.add(value.place, where, found_when, faults.say("error.joining.between"))
        elif when is not None:
            found_[key.text] = when
    return tuple(sorted(found_.items()))


def _levers(faults: Faults, node: Node, path: str, instrument: Instrument, setting: Setting) -> dict[str, Path]:
    levers: dict[str, Path] = {}
    for name, lever in instrument.levers.items():
        value = node.get(name)
        if value is not None:
            levers[name] = _lever(faults, value, join(path, name), lever, setting)
            continue
        if lever.needed:
            faults.add(node.place, join(path, name), faults.say("error.missing.found"),
                       faults.say("error.names.allowed", names=", ".join(lever.choices)))  # fmt: skip
        levers[name] = Path(constant=lever.neutral)
    return levers


def _lever(faults: Faults, node: Node, path: str, lever: Lever, setting: Setting) -> Path:
    neutral = Path(constant=lever.neutral)
    if lever.many:
        return Path(constant=_names(faults, node, path, lever))
    if lever.choices:
        return Path(constant=one_of(faults, node, path, lever.choices)) if node.kind != "refused" else neutral
    return lever_path(faults, node, path, (lever.low, lever.high, lever.unit), setting, neutral)


def lever_path(
    faults: Faults, node: Node, path: str, limits: tuple[float, float, str], setting: Setting, neutral: Path = NOTHING
) -> Path:  # fmt: skip
    """A number within limits (low, high, unit), or numbers by date; `neutral` where there is a fault."""
    if node.kind != "map":
        value = number(faults, node, path, *limits)
        return neutral if value is None else Path(constant=value)
    points = _points(faults, node, path, limits, setting)
    return Path(points=tuple(sorted(points.items()))) if points else neutral


def part_dates(faults: Faults, node: Node, path: str, setting: Setting) -> tuple[float | None, float | None]:
    """First quarter of something with `start` and `end`, and the first after it; None where it has none."""
    start, last = (_date(faults, node, path, key, setting) for key in ("start", "end"))
    if start is not None and last is not None and last < start:
        _order(faults, node, path, "end", last, "error.end.allowed", start)
    return start, None if last is None else last + QUARTER


def _names(faults: Faults, node: Node, path: str, lever: Lever) -> tuple[str, ...]:
    keyword = (ALL_TECHNOLOGY,) if set(TECHNOLOGY) <= set(lever.choices) else ()
    values = many_of(faults, node, path, (*lever.choices, *keyword))
    if ALL_TECHNOLOGY not in values:
        return values
    if len(values) > 1:
        mixed = faults.say("error.keyword.found", value=ALL_TECHNOLOGY)
        faults.add(node.place, path, mixed, faults.say("error.keyword.allowed", value=ALL_TECHNOLOGY))
    return TECHNOLOGY


def _points(
    faults: Faults, node: Node, path: str, limits: tuple[float, float, str], setting: Setting
) -> dict[float, float]:  # fmt: skip
    points: dict[float, float] = {}
    if not node.entries:
        faults.add(node.place, path, found(node, faults), faults.say("error.path.allowed"))
    for key, value in map_of(faults, node, path):
        where = join(path, key.text)
        when = quarter_of(faults, key.text, key.place, where)
        amount = number(faults, value, where, *limits)
        if when is None or amount is None:
            continue
        if when in points:
            faults.add(key.place, where, faults.say("error.twice.found", value=shown(quarter_label(when))),
                       faults.say("error.twice.allowed"))  # fmt: skip
        elif not _inside(when, setting):
            _outside(faults, key, where, when, setting)
        else:
            points[when] = amount
    return points
