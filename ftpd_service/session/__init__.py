"""The state of a control connection, as values."""
