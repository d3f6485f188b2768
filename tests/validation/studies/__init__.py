"""Tests of the statistics of studies, and of studies as they are run."""
