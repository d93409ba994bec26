"""The reference storage, in memory."""
