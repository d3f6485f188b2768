"""Verifying the live log: from its database, in phases, in several processes."""
