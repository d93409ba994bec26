"""Tests of ``storage/shell/``."""
