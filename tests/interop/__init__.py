"""Real clients against a real server on loopback."""
