"""One suite of promises for each port, run against every adapter of it."""
