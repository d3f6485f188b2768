"""Tables for readers, rebuilt from events at any time."""
