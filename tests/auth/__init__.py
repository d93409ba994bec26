"""Tests of ``ftpd_service/auth``."""
