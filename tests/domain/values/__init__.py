"""Tests of the values: what they refuse and what follows from them."""
