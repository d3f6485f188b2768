"""Tests of the events: names, encoding, records."""
