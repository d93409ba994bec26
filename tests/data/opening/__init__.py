"""Tests of the way to a data connection, on loopback."""
