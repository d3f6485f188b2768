"""Small frozen values that refuse nonsense."""
