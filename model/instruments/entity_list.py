"""Entity list: named firms of the targets get goods of the senders by licence only."""

from __future__ import annotations

import numpy as np

from model.instruments import Facts, Instrument, Lever, Order, firm_names, lever
from model.wedges import Wedges

LEVERS = {
    "firms": Lever("name", (), doc="firms that are listed, as spelled in the firm table", choices=firm_names(), many=True),
    "licences_granted": lever(
        "share", 1, 0, 1, "part of deliveries to listed firms that is licensed",
        "0.79 of applications for listed firms in early 2022: BIS to House Foreign Affairs 2023, in the priors; assumed elsewhere",
    ),
    "third_country_reach": lever(
        "share", 0, 0, 1, "part of the refusals that binds regions that are neither sender nor target", "assumed 0.2 to 0.9",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Deny deliveries to all plants of the named firms, wherever they stand; never within the plant's own region."""
    named, reach = order.names("firms"), order.number("third_country_reach")
    refused = (1 - order.number("licences_granted")) * order.strength
    listed = [f for f, name in enumerate(facts.firms) if name in named and facts.owner[f] in order.targets]
    for origin, weight in [(o, 1.0) for o in order.senders] + [(o, reach) for o in order.others]:
        abroad = [f for f in listed if facts.origin[f] != origin]
        if origin not in order.targets:
            wedges.move("firm_listing", np.ix_([origin], abroad), refused * weight)


INSTRUMENT = Instrument(
    "entity_list",
    "Senders list named firms of the targets, which then get deliveries by licence only.",
    LEVERS,
    apply,
    {"en": "Entity list", "ko": "우려거래자 목록"},
)
