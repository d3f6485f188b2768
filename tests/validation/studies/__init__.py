"""Tests of studies as they are run."""
