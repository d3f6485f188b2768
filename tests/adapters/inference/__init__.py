"""Released models and how they are run."""
