"""Tests of the programs that follow the log."""
