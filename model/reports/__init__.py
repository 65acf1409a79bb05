"""Reports: pages and tables made of results; they never see the simulation."""

from __future__ import annotations

from model.reports.report import render_report, write_report

__all__ = ["render_report", "write_report"]
