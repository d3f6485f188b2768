"""Tests of keys: wrapped, derived, destroyed, signing."""
