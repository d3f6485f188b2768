"""Measurements, one file for each: both sides of every ratio in the same run."""
