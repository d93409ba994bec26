"""Tests of `ftpd_service.succession`."""
