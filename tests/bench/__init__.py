"""Tests of the measuring client: its pure parts, its accounts, and each scenario against a real server."""
