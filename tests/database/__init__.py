"""Tests of `ftpd_service.database`."""
