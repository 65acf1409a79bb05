"""strategies (docs/architecture.md)."""
