"""The engine equals the plain reference quarter on random economies, with every feature on (MODEL.md 4)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine import build_setting, run_engine
from tests.oracle import closed_quarter as oracle
from tests.oracle.economies import parameters, random_table, random_wedge_path


@pytest.mark.parametrize("seed", range(4))
def test_engine_equals_oracle_with_every_feature_on(seed: int) -> None:
    table = random_table(seed)
    economy = oracle.calibrate(table)
    path = random_wedge_path(table, seed)
    records, _ = oracle.run(economy, path, 24, parameters())
    states = run_engine(build_setting(table, parameters()), path, 6.0)
    worst = 0.0
    for want, got in zip(records, states, strict=True):
        pairs = [
            (want.price, got["price"]), (want.output, got["output"]), (want.expenditure, got["expenditure"]),
            (want.capital_price, got["capital_price"]), (want.rationing, got["delivered"].rho),
            (want.gdp, got["books"].gdp), (want.trade, got["books"].trade),
        ]  # fmt: skip
        worst = max(worst, max(float((abs(a - b) / np.maximum(abs(a), 1e-9)).max()) for a, b in pairs))
    assert worst < 1e-9, worst
