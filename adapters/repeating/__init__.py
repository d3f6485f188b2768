"""Recorded computations executed again from stored content, one file for each kind of place."""
