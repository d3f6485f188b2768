"""Programs that follow the log and record what they compute."""
