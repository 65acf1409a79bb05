"""What a run costs: our engine against an object-per-agent oracle, a floor in C and other packages."""
