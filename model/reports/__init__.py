"""Reports: pages, documents and tables made of results; they never see the simulation."""

from __future__ import annotations

from model.reports.document import Document, Picture, Table
from model.reports.facts import Facts
from model.reports.paper import paper

__all__ = ["Document", "Facts", "Picture", "Table", "paper"]
