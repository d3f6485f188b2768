"""Tests of the capture station."""
