"""Content-addressed, write-once, encrypted storage of large content."""
