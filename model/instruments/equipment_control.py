"""Equipment control: chip-making tools are denied, and so may be the parts, software and service for tools that stand.

Tools are what chip makers buy as capital goods; a denial slows new capacity. Parts, design software and engineers'
service are what they use up; a denial leaves installed tools idle at once. The two were controlled at different times
and to different degrees, so they are two levers. Both come on top of an `export_control` of equipment. Allies that
join later are named under `from` with their dates under `joining`; until then they are bound by `third_country_reach`.
"""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever
from model.wedges import USES, Wedges

LEVERS = {
    "tools": lever(
        "share", 0, 0, 1, "part of new tools from senders to targets that is denied; 1 is a full cut",
        "tools for advanced nodes only: Federal Register 2022-21658 and 2023-23049; about 0.3 of deliveries, assumed",
    ),
    "servicing": lever(
        "share", 0, 0, 1, "part of the parts, design software and service for installed tools that is denied",
        "rule on US persons of October 2022 (Federal Register 2022-21658); size assumed",
    ),
    "third_country_reach": lever(
        "share", 0, 0, 1, "part of both denials that binds regions that are neither sender nor target",
        "foreign direct product rule: register ev.us.chip.fdpr for the direction; assumed 0.2 to 0.9",
    ),
    "owner_exemption": lever("share", 0, 0, 1, "part of the denials lifted for plants owned outside the target", "validated end user rule"),
    "enforcement": lever(
        "share", 0, 0, 1, "effort against evasion, as tools declared for older lines", "register ev.cn.evasion for the need of it; assumed",
    ),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Deny tools and servicing by senders in full and by others as far as the reach goes; exempt foreign-owned plants."""
    equipment, reach = [SEGMENT_INDEX["equipment"]], order.number("third_country_reach")
    origins = [o for o in (*order.senders, *order.others) if o not in order.targets]
    weight = np.array([1.0 if o in order.senders else reach for o in origins])[:, None, None]
    target = list(order.targets)
    for use, name in (("capital", "tools"), ("inputs", "servicing")):
        cells = np.ix_([USES.index(use)], origins, target, equipment)
        wedges.move("use_denial", cells, order.number(name) * order.strength * weight)
    wedges.move("enforcement", np.ix_(origins, target, equipment), order.number("enforcement") * weight)
    owners = [r for r in range(len(facts.regions)) if r not in order.targets]
    wedges.move("exemption", np.ix_(owners, origins, equipment), order.number("owner_exemption"))


INSTRUMENT = Instrument(
    "equipment_control",
    "Senders deny chip-making tools to targets, and the parts, software and service that keep installed tools running.",
    LEVERS,
    apply,
    {"en": "Equipment control", "ko": "반도체 장비 통제"},
)
