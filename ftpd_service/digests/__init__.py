"""Digests that cost nothing: kept ones, ones of uploads taken while they arrive, and ones computed in idle time."""
