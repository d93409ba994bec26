"""Tests of the admin socket: protocol, bounds, verbs and the socket's file."""
