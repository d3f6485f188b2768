"""Tests of backups: writing, reading, keys, rows."""
