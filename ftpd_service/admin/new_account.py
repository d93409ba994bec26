"""An account on its way into the database, from options of a sub-command or a file of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be made, or to be changed as a whole."""

    name: str
    password: str | None
    group: str | None
    settings: Mapping[str, object] | None
    """The keys of an account; None leaves those of an account that exists."""
    enabled: bool = True
