"""The floor in C (benchmarks/floor.c): compiled on the fly where there is a compiler, timed on a world's own links."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from model.world import Setting

SOURCE = Path(__file__).with_name("floor.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC", "-lm")
FAST = "-ffast-math"
"""Lets the compiler use vector exponentials; only the yardstick may, so the floor is lower than strict arithmetic allows."""
BLOCK = 2048
"""Links taken at once: few enough that scratch stays in the first cache."""
STAGES = ("source", "price", "trade", "learn", "adopt")


def compiler() -> str | None:
    """A C compiler on this machine, or none."""
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def library(folder: str, fast: bool = True) -> Any:
    """The compiled floor."""
    target = Path(folder) / ("floor_fast.so" if fast else "floor.so")
    command = [str(compiler()), str(SOURCE), "-o", str(target), *FLAGS, *([FAST] if fast else [])]
    subprocess.run(command, check=True)
    found = ctypes.CDLL(str(target))
    found.bound.restype = ctypes.c_double
    return found


class World(ctypes.Structure):
    """As in floor.c; `keep` holds the arrays that it points to."""

    SIZES = ("links", "cells", "buyers", "plants", "block")
    WHOLE = ("supplier", "start", "first", "cell", "buyer")
    REAL = (
        "sigma", "rho", "eta", "upper", "labour_share", "theta", "input0", "pay", "base", "quality", "ship", "price", "wage",
        "inputs", "delivered", "index", "made", "cost", "bought", "sent", "exposed", "shares", "d", "z",
    )  # fmt: skip
    _fields_ = (
        [(name, ctypes.c_size_t) for name in SIZES]
        + [(name, ctypes.POINTER(ctypes.c_int)) for name in WHOLE]
        + [(name, ctypes.POINTER(ctypes.c_double)) for name in REAL]
    )


def world_of(setting: Setting) -> tuple[World, dict[str, Any]]:
    """A setting's links as the floor wants them, and the arrays to keep alive."""
    economy, links = setting.economy, setting.economy.links
    lt, cells, buyers, n = links.technique, len(links.start), economy.buyers, economy.n
    block = max(BLOCK, int(np.diff(links.pointer).max()))
    draw = np.random.default_rng(0)
    some = np.exp(0.05 * draw.standard_normal(lt))
    arrays: dict[str, Any] = {
        "supplier": links.supplier[:lt], "start": np.append(links.start, lt), "first": np.append(links.buyer_start, cells),
        "cell": links.cell, "buyer": links.cell_buyer, "sigma": economy.sigma[links.cell_segment],
        "rho": economy.rho[links.cell_segment], "eta": economy.eta,
        "upper": economy.upper, "labour_share": economy.labour_share, "theta": economy.theta, "input0": economy.input0,
        "pay": (1 + economy.tariff0[:lt]) * some, "base": 1 + economy.tariff0[:lt], "quality": some[::-1].copy(),
        "ship": np.ones(lt), "price": np.exp(0.05 * draw.standard_normal(n)), "wage": np.ones(buyers),
        "inputs": np.ones(lt), "delivered": np.ones(lt), "index": np.zeros(cells), "made": np.zeros(cells), "cost": np.zeros(buyers), "bought": np.zeros(buyers),
        "sent": np.zeros(n), "exposed": np.zeros(buyers), "shares": np.zeros(lt), "d": np.zeros(block), "z": np.zeros(block),
    }  # fmt: skip
    world = World(lt, cells, buyers, n, block)
    for name in World.WHOLE:
        arrays[name] = np.ascontiguousarray(arrays[name], np.int32)
        setattr(world, name, arrays[name].ctypes.data_as(ctypes.POINTER(ctypes.c_int)))
    for name in World.REAL:
        arrays[name] = np.array(arrays[name], np.float64)
        setattr(world, name, arrays[name].ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
    return world, arrays


def seconds(calls: dict[str, Any], least: float = 2.0) -> dict[str, float]:
    """Best of repeated calls of each, in turn, so that a busy machine does not favour one; `least` seconds in all."""
    best, spent = dict.fromkeys(calls, float("inf")), 0.0
    while spent < least:
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            took = time.perf_counter() - started
            best[name], spent = min(best[name], took), spent + took
    return best


def measure(setting: Setting, fast: bool = True) -> dict[str, float]:
    """Seconds of a quarter's floor, by stage and in all, and of the bound beneath it."""
    with tempfile.TemporaryDirectory() as folder:
        code = library(folder, fast)
        world, arrays = world_of(setting)
        at = ctypes.byref(world)
        calls: dict[str, Any] = {"quarter": lambda: code.quarter(at, 0), "bound": lambda: code.bound(at)}
        calls |= {name: lambda i=i: code.quarter(at, i + 1) for i, name in enumerate(STAGES)}
        found = seconds(calls)
        if not all(np.isfinite(arrays[name]).all() for name in ("inputs", "delivered", "bought", "sent")):
            raise ArithmeticError("the floor left numbers that are not finite")
    return found
