"""The allowed units: of parameters, of levers and of outcomes."""

from __future__ import annotations

UNITS: dict[str, str] = {
    "ratio": "a pure number",
    "share": "a part of one, 0 to 1",
    "rate": "a tariff equivalent or ad valorem rate (0.1 = 10 percent)",
    "per year": "a speed or hazard a year",
    "years": "a length of time",
    "year": "a date in years (2018.25 = 2018Q2)",
    "log points": "a difference of natural logarithms",
    "log points to the best": "a difference of natural logarithms to the best region's level",
    "log points a year": "growth of a natural logarithm",
    "logit units": "utility in a logit choice",
    "bn USD": "billion US dollars, nominal, of the year stated",
    "bn USD of 2018": "billion US dollars of 2018, the quarter's flow",
    "percent": "parts of a hundred",
    "percent of baseline real income": "parts of a hundred of the baseline's real income of the same year",
    "won per USD": "Korean won per US dollar",
    "index": "2018 = 1 unless said otherwise",
    "million": "million users, devices or developers",
    "firms": "a count of firms",
    "months": "a length of time",
    "models a year": "a count of models released in a year",
    "deals a year": "a count of transactions in a year",
    "bn USD a year": "billion US dollars of 2018, at the yearly rate of the quarter",
    "years behind the frontier": "a capability gap divided by the frontier's growth",
    "percent of new choices": "parts of a hundred of those who choose again",
    "index 0-1": "a concentration or dependence index",
    "quarters of use": "a stock divided by a quarter's use",
    "switch": "0 or 1",
    "name": "a choice among named alternatives",
}
