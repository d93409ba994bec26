"""Tests of ``ftpd_service/policy``."""
