"""Tests of the movers, on loopback."""
