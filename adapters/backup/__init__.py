"""Backups of the record: written while it grows, checked, and put back."""
