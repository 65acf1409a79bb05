"""Export control: goods of named segments are licensed, denied or sold only in cut-down variants."""

from __future__ import annotations

import numpy as np

from model.axes import SEGMENT_INDEX
from model.instruments import Facts, Instrument, Order, lever, segments_lever
from model.wedges import Wedges

COLLABORATION = 2
"""Place of collaboration among the knowledge channels."""

LEVERS = {
    "segments": segments_lever(doc="segments whose deliveries are controlled"),
    "denial_rate": lever(
        "share", 0, 0, 1, "part of deliveries from senders to targets that is denied; 1 is a full cut",
        "refusal 0.21 listed, 0.28 all, 0.95 above threshold: BIS to House Foreign Affairs 2023; testimony 2023; assumed",
    ),
    "third_country_reach": lever(
        "share", 0, 0, 1, "part of the denial that binds regions that are neither sender nor target", "assumed 0.2 to 0.9",
    ),
    "capability_cap": lever(
        "log points", 9, -2, 9, "highest capability that may be sold, in log points above the 2018 frontier; 9 is no cap",
        "600 GB/s and 300 TFLOPS: register ev.us.chip.threshold",
    ),
    "owner_exemption": lever("share", 0, 0, 1, "part of the denial lifted for plants owned outside the target", "validated end user rule"),
    "enforcement": lever("share", 0, 0, 1, "effort against evasion", "assumed"),
    "technology_transfer": lever(
        "share", 0, 0, 1, "part of engineers' support, joint research and licences denied with the goods (deemed exports)",
        "15 CFR 734.13 (recalled) and the rule on US persons of October 2022 (Federal Register 2022-21658); size assumed",
    ),
    "home_priority": lever("share", 0, 0, 0.9, "how far the senders' own buyers come first when deliveries are rationed", "assumed"),
}  # fmt: skip


def apply(wedges: Wedges, order: Order, facts: Facts) -> None:
    """Deny, cap, reach third countries, serve own buyers first, exempt foreign-owned plants. Own region is never denied."""
    denial, reach = order.number("denial_rate") * order.strength, order.number("third_country_reach")
    segments = [SEGMENT_INDEX[s] for s in order.names("segments")]
    target, cap = list(order.targets), order.number("capability_cap")
    origins = [o for o in (*order.senders, *order.others) if o not in order.targets]
    part = {o: 1.0 if o in order.senders else reach for o in origins}
    weight = np.array(list(part.values()))[:, None, None]
    cells = np.ix_(origins, target, segments)
    wedges.move("denial_rate", cells, denial * weight)
    if cap < LEVERS["capability_cap"].high:
        wedges.move("capability_cap", np.ix_([o for o in origins if part[o] > 0], target, segments), cap)
    wedges.move("enforcement", cells, order.number("enforcement") * weight)
    talk = np.ix_([COLLABORATION], origins, target, segments)
    wedges.move("knowledge_flow", talk, order.number("technology_transfer") * order.strength * weight)
    owners = [r for r in range(len(facts.regions)) if r not in order.targets]
    wedges.move("exemption", np.ix_(owners, origins, segments), order.number("owner_exemption"))
    wedges.move("home_priority", np.ix_(list(order.senders), segments), order.number("home_priority") * order.strength)


INSTRUMENT = Instrument(
    "export_control",
    "Senders license, deny or cap deliveries of named segments to targets, with third-country reach.",
    LEVERS,
    apply,
    {"en": "Export control", "ko": "수출통제"},
)
