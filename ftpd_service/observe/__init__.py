"""Watchers: they see events and can change nothing."""
