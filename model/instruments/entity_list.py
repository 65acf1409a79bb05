"""Entity list: named firms of the targets get goods of the senders by licence only.

Lists name dozens of small firms for each that this model knows by name. `unnamed` counts them: so many of the
targets' firms in `segments` that have no name here, out of `population`, all of the same size. It counts all listed so
far; a number a quarter is a line that rises: `unnamed: {2019Q4: 0, 2023Q4: 240}` is fifteen a quarter.
"""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX, SEGMENTS
from model.instruments import Facts, Instrument, Lever, Order, firm_names, lever
from model.wedges import Wedges

LEVERS = {
    "firms": Lever(
        "name", (), doc="firms that are listed, as spelled in the firm table", choices=firm_names(), many=True, optional=True,
    ),
    "unnamed": lever(
        "firms", 0, 0, 5000, "how many firms that have no name in this model are listed by then, in all",
        "rounds of 6 to 70 firms: register ev.us.entity.*, calibration/figures/rules.csv",
    ),
    "segments": Lever(
        "name", (), doc="segments of those unnamed firms; without it all technology", choices=SEGMENTS, many=True, optional=True,
    ),
    "population": lever(
        "firms", 4700, 100, 100000, "firms of the targets in these segments that have no name in this model",
        "register ai.firms.cn: 4700 AI firms in China in 2023; other segments assumed",
    ),
    "licences_granted": lever(
        "share", 1, 0, 1, "part of deliveries to listed firms that is licensed",
        "0.79 of applications for listed firms in early 2022: BIS to House Foreign Affairs 2023, in the priors; assumed elsewhere",
    ),
    "third_country_reach": lever(
        "share", 0, 0, 1, "part of the refusals that binds regions that are neither sender nor target", "assumed 0.2 to 0.9",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Deny deliveries to plants of listed firms, wherever they stand; never within the plant's own region."""
    named, reach = order.names("firms"), order.number("third_country_reach")
    refused = (1 - order.number("licences_granted")) * order.strength
    among, part = {SEGMENT_INDEX[s] for s in order.names("segments") or SEGMENTS[:-1]}, order.number("unnamed") / order.number("population")
    listed = {
        f: 1.0 if firm else min(1.0, part) for f, firm in enumerate(facts.firms)
        if facts.owner[f] in order.targets and (firm in named if firm else part > 0 and facts.segment[f] in among)
    }  # fmt: skip
    bound = [(o, 1.0) for o in order.senders] + [(o, reach) for o in order.others if reach]
    pairs = [
        (origin, f, refused * weight * share) for origin, weight in bound if origin not in order.targets
        for f, share in listed.items() if facts.origin[f] != origin
    ]  # fmt: skip
    if refused and pairs:
        origins, plants, amounts = zip(*pairs, strict=True)
        wedges.move("firm_listing", (np.array(origins), np.array(plants)), np.array(amounts))


INSTRUMENT = Instrument(
    "entity_list",
    "Senders list firms of the targets, named or a number of them, which then get deliveries by licence only.",
    LEVERS,
    apply,
    {"en": "Entity list", "ko": "우려거래자 목록"},
)
