"""Tests of ``ftpd_service/accounts``."""
