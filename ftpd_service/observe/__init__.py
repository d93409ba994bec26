"""Observers, which see events and cannot change anything."""
