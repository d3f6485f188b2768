"""Tests of the demonstration's parts; the whole is told in the flows."""
