"""experiments (docs/architecture.md)."""
