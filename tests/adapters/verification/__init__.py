"""Verifying the live log."""
