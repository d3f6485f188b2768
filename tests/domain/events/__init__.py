"""Tests of the permanent vocabulary."""
