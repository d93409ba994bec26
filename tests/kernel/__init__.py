"""Tests of ``kernel/``."""
