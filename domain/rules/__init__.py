"""State, fold and decisions; pure functions."""
