"""Tests of ftpd_service.commands."""
