"""Real things that tests run against: a PostgreSQL server and a browser."""
