"""What one control connection remembers, as values."""
