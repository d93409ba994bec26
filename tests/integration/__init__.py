"""Slow tests, by ``make integration``: servers of others (databases, directories, proxies, systemd), and hung disks.

Each test starts what it needs on a loopback port of its own, as a plain user, and skips by name where the host lacks a
program.
"""
