"""Recorded computations executed again and compared."""
