"""Tests of the statistics of studies, and of the stored form of their cases."""
