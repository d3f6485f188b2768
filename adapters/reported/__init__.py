"""From the record to the content of a report."""
