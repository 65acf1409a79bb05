"""A scenario by name or path: read, merged with its parents, options put in, checked, frozen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from model.errors import ScenarioError
from model.scenario.faults import Faults
from model.scenario.folder import find_scenario, known_scenarios
from model.scenario.merge import apply_options, apply_sets, read_merged
from model.scenario.reading import Node
from model.scenario.types import Scenario
from model.scenario.validate import NONE, Range, Ranges, build_scenario


def load_scenario(
    name_or_path: str,
    *,
    sets: Sequence[str] = (),
    baseline: str | None = None,
    focus: str | None = None,
    parameters: Ranges | None = None,
    lang: str = "en",
) -> Scenario:
    """The scenario, or ScenarioError with all its faults at once, worded in `lang`.

    sets        PATH=VALUE, put in after `extends` is merged, in order
    baseline    name of another baseline ('none': without one); focus: code of another focus region
    parameters  range by `name` or `name[index]`; None: those of calibration/parameters
    """
    faults = Faults(lang)
    path = find_scenario(name_or_path, lang=lang)
    root = read_merged(path, faults)
    if root is None:
        raise ScenarioError(faults.found)
    options = {key: value for key, value in (("baseline", baseline), ("focus", focus)) if value is not None}
    root = apply_sets(apply_options(root, options, faults), sets, faults)
    _check_baselines(root, path, faults)
    known = parameters if parameters is not None or root.get("overrides") is None else known_parameters()
    scenario = build_scenario(root, path.stem, faults, frozenset(known_scenarios(path, lang)), known)
    if scenario is None:
        raise ScenarioError(faults.found)
    return scenario


def load_baseline(scenario: Scenario, lang: str = "en") -> Scenario | None:
    """The scenario that another is compared with: same horizon, focus and overrides, so that policy alone differs."""
    if scenario.baseline is None:
        return None
    own = Path(scenario.places["name"].file.partition("!")[0])  # a workbook's places name its sheet
    path = known_scenarios(own if own.is_file() else None, lang)[scenario.baseline]
    sets = [f"horizon=[{scenario.first}, {scenario.last}]"]
    sets += [f"overrides.{key}={value}" for key, value in scenario.overrides.items()]
    return load_scenario(str(path), sets=sets, focus=scenario.focus, lang=lang)


def known_parameters() -> dict[str, Range]:
    """Range, or names, of every parameter by `name` or `name[index]`, and of the base-year shares of a country."""
    from calibration.registry import country_rows, load_rows

    return {row.key: row.choices or (row.low, row.high) for row in (*load_rows(), *country_rows().values())}


def _check_baselines(root: Node, path: Path, faults: Faults) -> None:
    """The chain of baselines must end: a root without one."""
    start, trail, known = root.get("baseline"), [path.stem], known_scenarios(path)
    node = start
    while start is not None and node is not None and node.kind == "text" and node.text != NONE:
        if node.text not in known:
            return
        trail.append(node.text)
        if trail.index(node.text) < len(trail) - 1:
            circle = faults.say("error.circle.found", circle=" -> ".join(trail))
            faults.add(start.place, "baseline", circle, faults.say("error.circle.allowed"))
            return
        other = read_merged(known[node.text], Faults())
        node = None if other is None else other.get("baseline")
