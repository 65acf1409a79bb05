"""Adjust: wages, rents, capacity, pipelines, stocks (E10-E12)."""

from __future__ import annotations

import numpy as np

from model.kernel import adjustment
from model.kernel.external import update_habit
from model.kernel.links import Array
from model.world import Setting, State, View


def adjust(setting: Setting, now: View) -> State:
    """Wages, rents, capacity, pipelines, stocks and idle time for the next quarter (E10-E12, E35)."""
    economy, behaviour, dt, table = setting.economy, setting.behaviour, setting.dt, setting.economy.table
    growth, cheaper = setting.fixed("growth of a quarter", lambda: growth_of_a_quarter(setting))
    supply, base = labour_supply(setting, now.year), economy.output0 * setting.grown(now.year)[table.location]
    coming = labour_supply(setting, now.year + dt)
    demand = adjustment.labour_demand(economy, now.delivered.labour, now.output)
    has = economy.investor >= 0
    made = np.where(has, now.delivered.scale[economy.n + economy.investor * has], 1.0) if economy.k else 1.0
    grown = adjustment.update_capacity(now.capacity, now.pipeline[0], economy.kappa, table.depreciation, dt)
    followed = adjustment.follow_orders(now.capacity, now.orders, behaviour.slack, behaviour.follow_speed, dt)
    followed = np.where(now.opened, followed, now.capacity)
    return {
        "idle": adjustment.update_idle(now.idle, now.output, base, behaviour.exit_threshold, dt),
        "wage": adjustment.update_wage(
            now.wage, demand, supply, coming.sum() / supply.sum() * cheaper,
            behaviour.wage_speed, behaviour.wage_speed_up, dt,
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


def growth_of_a_quarter(setting: Setting) -> tuple[Array, Array]:
    """Growth of labour where each plant stands [n], and what labour's expected trend takes off relative wages [R] (E10a)."""
    grown = np.exp(setting.behaviour.growth * setting.dt)[setting.economy.table.location]
    return grown, np.asarray(np.exp(-setting.wage_drift * setting.dt))


def labour_supply(setting: Setting, year: float) -> Array:
    """Effective labour L [R] at a date: the base year's, grown at the region's baseline rate."""
    return np.asarray(setting.economy.labour * setting.grown(year))
