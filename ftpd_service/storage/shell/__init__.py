"""Storages of Twisted's FTP shells."""
