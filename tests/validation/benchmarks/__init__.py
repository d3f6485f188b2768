"""Tests of the measurements, at sizes that take seconds."""
