"""Tests of ``storage/local/``."""
