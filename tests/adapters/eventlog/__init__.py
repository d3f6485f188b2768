"""Tests of the event log's adapters."""
