"""The settings of kept digests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSettings:
    """The section `digests`, as far as it is about digests that need not be computed."""

    keep: bool = True
    precompute: bool = False
    file: str | None = None
    """The path of a file for kept digests; None: the database, or memory only without one."""
