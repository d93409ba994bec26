"""The settings a session needs: frozen, handed in by `service.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What verbs look up: limits of one session and how listings look."""

    banner: str = "FTP server ready."
    """Text of the greeting, and of the reply to an accepted HOST and REIN."""
    dot_files: bool = True
    """Whether listings show names that begin with a dot without being asked to by ``-a``."""
    failed_logins: int = 3
    """The failure with this number, counted in one session, is answered 421."""
    idle_seconds: float = 900.0
    """Without command and data; SITE IDLE may lower it for its session, never raise it."""
    host_names: tuple[str, ...] = ()
    """Names that HOST accepts, in lower case, beside the address that the client has connected to."""
