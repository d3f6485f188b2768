"""Documents issued from the record."""
