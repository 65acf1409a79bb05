"""The quarter as data: an ordered tuple of stages with what each reads and writes (ODD, process overview).

A stage gets exactly what it declares to read and must return exactly what it declares to write.
Variables read before they are written in a quarter are the carried state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

from model.stages import account, adjust, adopt, decide, enact, learn, react, source, trade
from model.world import Setting, State

Function = Callable[[Setting, SimpleNamespace], State]


@dataclass(frozen=True)
class Stage:
    """One step of a quarter: a verb, its function, the variables it reads and writes, its equations."""

    name: str
    function: Function
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    equations: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SCHEDULE: tuple[Stage, ...] = (
    Stage(
        "enact", enact.enact,
        _names("year in_force lost capability capacity data frameworks theta base network_value closed standard left"),
        _names("wedges opened denial evaded standards ship duty subsidy quality ai_quality open_links limit"),
        ("E13", "E21", "E29", "E34", "E36", "E37", "E42", "E43", "E49", "E51", "E52"),
    ),
    Stage(
        "respond", react.respond,
        _names("year quarter in_force stance capability output sales"),
        _names("in_force stance"),
        ("E22", "E44", "E45", "E46", "E47"),
    ),
    Stage(
        "decide", decide.decide,
        _names(
            "year quarter wedges opened was_open capacity pipeline orders price capital_price rent lost stock theta moved "
            "output idle closed standard left sales market price_trend"
        ),
        _names(
            "was_open capacity investment lost fixed stock_order compliance search moved closed standard left market "
            "standards_cost price_trend moving"
        ),
        ("E12", "E19", "E20", "E24", "E27", "E34", "E35", "E37"),
    ),
    Stage(
        "source", source.source,
        _names("labour inputs takeover theta denial ship duty pay quality open_links wage price"),
        _names("labour inputs takeover pay"),
        ("E2", "E3", "E4"),
    ),
    Stage(
        "trade", trade.trade,
        _names(
            "labour inputs takeover theta quality denial ship duty subsidy opened limit capacity investment fixed stock_order "
            "stock wage rent price output orders expenditure trade_ratio habit wedges"
        ),
        _names(
            "terms delivered price capital_price output expenditure orders stock_change capacity_now input0"
        ),
        ("E5", "E6", "E7", "E8", "E38"),
    ),
    Stage("account", account.account, _names("delivered terms expenditure output capacity_now"), _names("books trade_ratio sales"), ("E9",)),
    Stage(
        "adjust", adjust.adjust,
        _names(
            "year wage rent capacity capacity_now pipeline stock stock_change orders output opened investment "
            "delivered expenditure habit idle"
        ),
        _names("wage rent capacity pipeline stock habit employment_gap idle"),
        ("E10", "E11", "E12", "E35"),
    ),
    Stage(
        "learn", learn.learn,
        _names("year capability rnd experience efficiency delivered input0 terms wedges subsidy price output capital_price"),
        _names("capability rnd experience efficiency"),
        ("E14", "E15", "E28", "E30", "E50"),
    ),
    Stage(
        "adopt", adopt.adopt,
        _names("year base new_choices network_value data wedges price ship duty moved opened closed"),
        _names("base new_choices theta network_value frameworks data"),
        ("E16", "E17", "E18", "E24", "E31", "E32", "E33", "E35"),
    ),
)  # fmt: skip


VARIABLES: dict[str, str] = {
    "year": "start of the quarter, in years",
    "quarter": "number of the quarter since the start",
    "in_force": "[measure, r] strength with which each state applies each measure",
    "stance": "[r, layer] how far a state that reacts has gone against its rival, 0 to 1",
    "lost": "[n, r] part of a row's relations with buyers in a region that is given up",
    "moved": "[n, r] part of a plant's business with a region that sister plants serve",
    "capability": "[n] log distance to the frontier's trend, < 0 behind",
    "rnd": "[n] R&D spending, relative to base",
    "experience": "[n] output added up and forgotten, relative to its baseline path",
    "efficiency": "[r] AI efficiency found or taken over beyond the trend, log points",
    "ai_quality": "[n] log AI quality of AI applications, relative to base trend; 0 elsewhere",
    "theta": "[link] lower-nest shares in force",
    "wedges": "the quarter's wedges by region, segment, plant and ecosystem",
    "opened": "[n] plants that exist",
    "closed": "[n] plants that have left for good",
    "idle": "[n] years in which a plant has sold less than a part of its base",
    "was_open": "[n] plants that existed in the last quarter",
    "denial": "[link] denied part of orders",
    "evaded": "[link] part of deliveries that comes through third regions",
    "ship": "[link] units shipped per unit delivered",
    "standards": "[n, r] the part of ship that two standards cause",
    "duty": "[link] tariff rate",
    "subsidy": "[n] part of the price paid by the state",
    "quality": "[link] usable quality e^v",
    "open_links": "[link] may deliver at all",
    "limit": "[n] capacity limit from outside",
    "capacity": "[n] K, units of output a quarter",
    "pipeline": "[step, n] capital goods bought and not yet capacity",
    "investment": "[n] purchases of capital goods",
    "orders": "[n] orders at full rationing shares",
    "price": "[n] mill price, ratio to 2018Q1",
    "capital_price": "[investor] price of capital goods",
    "fixed": "[link] purchases that follow no technique",
    "stock_order": "[link] purchases for stock, in units of the technique",
    "compliance": "[n] fixed compliance purchases",
    "search": "[n] search purchases",
    "standard": "[n] standards served: both, side 0, side 1, none (0 to 3)",
    "left": "[n, r] part of a plant's business with a region given up with its standard",
    "sales": "[n, r] sales to a region's buyers at basic prices",
    "market": "[n, r] the same when last served",
    "standards_cost": "[n] fixed purchases for standards",
    "moving": "[n] purchases for moving business to sister plants",
    "price_trend": "[n] trend of log product price over capital price",
    "takeover": "[link] what investors order beyond their technique to replace what is denied",
    "labour": "[buyer] ordered labour, ratio",
    "inputs": "[link] ordered inputs, ratio",
    "pay": "[link] shipping and duty factor of the last quarter",
    "wage": "[r] wage, ratio",
    "rent": "[n] scarcity rent mu",
    "output": "[n] output",
    "expenditure": "[r] final expenditure",
    "trade_ratio": "[r] exports plus imports over expenditure",
    "habit": "[r] expenditure that a region holds on to",
    "terms": "what stays the same while deliveries are found",
    "delivered": "techniques, prices and quantities delivered",
    "stock_change": "[cells of plants] bought less used, a quarter's rate",
    "stock": "[cells of plants] stocks held",
    "capacity_now": "[n] capacity that rationed this quarter",
    "input0": "[link] base inputs at the shares in force",
    "books": "all flows, incomes and identity errors",
    "employment_gap": "[r] labour demand over supply less one",
    "base": "[r, ecosystem] installed shares",
    "new_choices": "[r, ecosystem] shares of new choices",
    "network_value": "[r, network] what a network is worth to its users, logit units, relative to 2018Q1",
    "frameworks": "[r] reach of the AI frameworks in use, ratio to 2018Q1",
    "data": "[r] data that a region's firms can use, ratio to the base path",
}


def run_quarter(setting: Setting, state: State, schedule: tuple[Stage, ...] = SCHEDULE) -> State:
    """One quarter: every stage in turn on its declared reads; returns the new state (the old one is untouched)."""
    now = dict(state)
    for stage in schedule:
        view = SimpleNamespace(**{name: now[name] for name in stage.reads})
        written = stage.function(setting, view)
        if set(written) != set(stage.writes):
            raise KeyError(f"stage {stage.name} wrote {sorted(written)}, declared {sorted(stage.writes)}")
        now.update(written)
    now["year"], now["quarter"] = state["year"] + setting.dt, state["quarter"] + 1
    return now


@cache
def carried(schedule: tuple[Stage, ...] = SCHEDULE) -> tuple[str, ...]:
    """Variables that a quarter reads before it writes them: the state that passes between quarters."""
    written: set[str] = set()
    found: list[str] = []
    for stage in schedule:
        found += [name for name in stage.reads if name not in written and name not in found]
        written |= set(stage.writes)
    return tuple(found)


def passed_on(state: State, schedule: tuple[Stage, ...] = SCHEDULE) -> State:
    """The state without what the next quarter writes before it reads it: that can go first, to hold one quarter, not two."""
    again = {name for stage in schedule for name in stage.writes}.difference(carried(schedule))
    return {name: value for name, value in state.items() if name not in again}
