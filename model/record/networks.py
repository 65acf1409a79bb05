"""Outcomes of networks: what users choose and use, data, developers and whom they work with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.axes import REGIONS, SEGMENT_INDEX, SEGMENT_NAMES
from model.kernel.links import Array
from model.record.book import Book
from model.record.declare import Outcome, share
from model.world import Network, Setting

COLLABORATION = 2
"""Place of collaboration among the channels of knowledge (E14)."""
START = 2018.0
"""Beginning of the year in which users were counted."""


def outcomes(setting: Setting) -> tuple[Outcome, ...]:
    """Declared outcomes of every network of the setting, by layer, and what users bring about together."""
    found: list[Outcome] = []
    for segment in dict.fromkeys(network.segment for network in setting.networks):
        networks = [n for n in setting.networks if n.segment == segment]
        found += layer_outcomes(SEGMENT_NAMES[SEGMENT_INDEX[segment]], networks, growth_of(setting, segment))
        found += [kind_outcome(n) for n in networks if segment == "platforms"]
        if segment == "open_source":
            found += [developers(n) for n in networks] + [collaboration(setting, networks[0])]
    found.append(Outcome("Data Stock", "index", lambda b: b.get("data", np.ones(b.fixed.shape[0])), waits="data"))
    return tuple(found)


def label(ecosystem: str) -> str:
    """Name of an ecosystem without its kind: 'commerce/us_platforms' -> 'us_platforms'."""
    return ecosystem.rpartition("/")[2]


def growth_of(setting: Setting, segment: str) -> float:
    """Growth a year of the number of users of a layer, the same everywhere: it moves no share and no choice (E18)."""
    return setting.parameters.get("user_growth", {}).get(segment, 0.0)


def layer_outcomes(layer: str, networks: Sequence[Network], growth: float = 0.0) -> list[Outcome]:
    """Choices and installed bases in a layer; an ecosystem that is in several choice sets is counted by users, who grow in number."""
    names = tuple(dict.fromkeys(label(e) for n in networks for e in n.ecosystems))
    columns, weight = np.concatenate([n.column for n in networks]), users_by_name(networks, names)

    def users(book: Book, variable: str) -> Array:
        """Million users of each ecosystem [R, e], by installed or by new shares."""
        return np.asarray(np.einsum("rc,rce->re", book.now[variable][:, columns], weight))

    def chosen(book: Book) -> Array:
        """Percent of those who choose again [R, e]."""
        return share(users(book, "new_choices"), weight.sum(1))

    def installed(book: Book) -> Array:
        """Million users of each ecosystem at the end of the quarter [R, e]."""
        return np.asarray(users(book, "base") * np.exp(growth * (book.now["year"] - START)))

    usual = "none" if layer == "Platforms" else "main"  # platforms are told apart by kind: Platform Share
    return [
        Outcome(f"Ecosystem Share|{layer}|{{}}", "percent of new choices", chosen, (names,), usual),
        Outcome(f"Installed Base|{layer}|{{}}", "million", installed, (names,), usual),
    ]


def users_by_name(networks: Sequence[Network], names: Sequence[str]) -> Array:
    """Million users [R, c, e] that a share of 1 of each ecosystem of the networks [c] is of those with one name [e]."""
    columns = [(network, label(name)) for network in networks for name in network.ecosystems]
    return np.array([[network.users * (name == own) for name in names] for network, own in columns]).transpose(2, 0, 1)


def kind_outcome(network: Network) -> Outcome:
    """Installed shares of one kind of platform."""
    kind, names = network.ecosystems[0].partition("/")[0], tuple(map(label, network.ecosystems))
    return Outcome(f"Platform Share|{kind}|{{}}", "percent", lambda b: 100 * b.now["base"][:, network.column], (names,))


def developers(network: Network) -> Outcome:
    """Regions' shares of the developers of each host or framework."""

    def shares(book: Book) -> Array:
        users = book.now["base"][:, network.column] * network.users[:, None]
        return share(users, users.sum(0)[None])

    return Outcome("Developers Share|{}", "percent", shares, (tuple(map(label, network.ecosystems)),))


def collaboration(setting: Setting, hosts: Network) -> Outcome:
    """Partners' shares of a region's cross-border collaboration in open source (E40).

    Shares of 2020 move with the chance that two developers use the same host, and with what policy lets pass.
    """
    rows = setting.parameters.get("collaboration_share_2020", {})
    base = np.array([[rows.get(f"{r}/{q}", np.nan) for q in REGIONS] for r in REGIONS])
    known = np.isfinite(base)
    start = setting.base0[:, hosts.column]
    source = SEGMENT_INDEX["open_source"]

    def shares(book: Book) -> Array:
        now = book.now["base"][:, hosts.column]
        blocked = book.now["wedges"]["knowledge_flow"][COLLABORATION, :, :, source]
        weight = np.where(known, base * (now @ now.T) / (start @ start.T) * (1 - (blocked + blocked.T) / 2), 0.0)
        elsewhere = 1 - np.nansum(base, axis=1)
        return np.where(known, 100 * weight / (weight.sum(1) + elsewhere)[:, None], np.nan)

    return Outcome("Collaboration Share|{}", "percent", shares, (REGIONS,), exists=known)
