"""Ledger mathematics, without storage."""
