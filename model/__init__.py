"""BLOCS: a scenario simulator of technology decoupling."""

__version__ = "0.1.0"
