"""Tests of `ftpd_service.runtime`."""
