"""How long a case takes and where: `python -m benchmarks.one_case`. Printed for people; no test reads a clock."""
