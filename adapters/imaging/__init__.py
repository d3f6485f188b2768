"""Measurement science on images."""
