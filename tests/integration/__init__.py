"""Tests with real servers of other kinds, each started by its test; skipped where a server is not installed."""
