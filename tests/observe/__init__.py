"""Tests of ftpd_service.observe."""
