"""The capture station, against simulated hardware and an honest simulated server."""
