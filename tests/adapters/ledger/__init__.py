"""Tests of tree store, checkpoints, proofs and export."""
