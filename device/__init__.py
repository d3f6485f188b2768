"""The capture station."""
