"""Demonstration: the whole journey on a clinic marked as demo, through the shipped programs."""
