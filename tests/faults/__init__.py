"""Disks that fail and processes that are killed, at every step in turn."""
