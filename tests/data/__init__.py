"""Tests of data connections, on loopback."""
