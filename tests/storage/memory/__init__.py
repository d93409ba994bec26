"""Tests of ``storage/memory/``."""
