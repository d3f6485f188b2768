"""Studies of how good a measurement is, under limits fixed before they are run."""
