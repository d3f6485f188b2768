"""Tests of Vultus; the tree mirrors the source."""
