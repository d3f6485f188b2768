"""Several servers, workers and databases at once, and what becomes of the record when some die."""
