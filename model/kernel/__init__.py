"""kernel (docs/architecture.md)."""
