"""scenario (docs/architecture.md)."""
