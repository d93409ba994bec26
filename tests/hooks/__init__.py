"""Tests of `ftpd_service.hooks`."""
