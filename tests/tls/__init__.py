"""Tests of TLS: certificates, contexts, sessions."""
