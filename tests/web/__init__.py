"""Tests of `ftpd_service.web`."""
