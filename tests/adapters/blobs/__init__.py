"""Tests of the storage of large content."""
