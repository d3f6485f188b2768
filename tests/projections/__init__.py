"""Tests of the read models: over histories that the real rules wrote in a real log."""
