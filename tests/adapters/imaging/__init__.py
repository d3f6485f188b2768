"""Tests of image measurement, on drawn, rendered and real pictures."""
