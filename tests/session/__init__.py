"""Tests of ftpd_service.session."""
