"""The permanent vocabulary: what can be recorded."""
