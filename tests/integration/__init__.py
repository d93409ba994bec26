"""Tests with real servers of others (databases, directories, proxies), by ``make integration``; slow by nature.

Each test starts what it needs on a loopback port of its own, as a plain user, and skips by name where the host lacks a
program.
"""
