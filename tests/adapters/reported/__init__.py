"""Tests of how a report is put together from the record."""
