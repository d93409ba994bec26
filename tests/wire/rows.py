"""Entries for the tests of listings and facts."""

from __future__ import annotations

from ftpd_service.values import Entry, EntryKind, Link

NS = 1_000_000_000
NOW = 1_795_342_500
"""2026-11-22 10:15:00 UTC."""

FILE = Entry(
    name="name",
    kind=EntryKind.FILE,
    size=1234,
    modified_ns=NOW * NS,
    mode=0o644,
    owner=1000,
    group=1000,
    unique="801g2f",
)
DIRECTORY = FILE._replace(name="sub dir", kind=EntryKind.DIRECTORY, size=4096, mode=0o755, links=2)
LINK = FILE._replace(name="link", link=Link("target/path", NOW * NS))
DANGLING = LINK._replace(kind=EntryKind.DANGLING, size=11)
