"""Tests of the simulated station: its ground truth must be true."""
