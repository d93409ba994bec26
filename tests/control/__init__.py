"""Tests of ftpd_service.control."""
