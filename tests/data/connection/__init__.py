"""Tests of one open data connection, on loopback."""
