"""The simulated station: generated heads, rig, lights and faults with exact ground truth."""
