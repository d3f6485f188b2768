"""Tests of the ledger mathematics, most of them against published vectors."""
