"""Source: the ordered technique moves (E4)."""

from __future__ import annotations

from model.kernel.sourcing import Sourcing, target_orders, update_orders, update_takeover
from model.world import Setting, State, View


def source(setting: Setting, now: View) -> State:
    """The ordered technique moves towards the cost-minimising one (E4)."""
    lt = setting.economy.links.technique
    pay = (now.ship * (1 + now.duty))[:lt]
    context = Sourcing(
        now.theta, now.denial[:lt], pay, now.pay, now.quality, now.open_links, now.wage, now.price,
    )  # fmt: skip
    behaviour = setting.behaviour
    target = target_orders(setting.economy, context)
    labour, inputs = update_orders(
        setting.economy, now.labour, now.inputs, context, target, behaviour.sourcing_speed, behaviour.labour_speed, setting.dt,
        apart=behaviour.investor_takeover > 0,
    )
    takeover = now.takeover
    if behaviour.investor_takeover > 0:
        takeover = update_takeover(setting.economy, takeover, inputs, context, target, behaviour.sourcing_speed, setting.dt)
    return {"labour": labour, "inputs": inputs, "takeover": takeover, "pay": pay}
