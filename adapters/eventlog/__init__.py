"""The event log on the eventsourcing recorders."""
