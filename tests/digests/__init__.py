"""Tests of kept digests."""
