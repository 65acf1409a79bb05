"""Figures, parameters and the builder of the base year (docs/architecture.md, level 5)."""
