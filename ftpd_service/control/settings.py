"""Settings of the control connection: frozen, handed in by `graph.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSettings:
    """Timers and bounds of one control connection.  Seconds and octets as the names say."""

    login_seconds: float = 60.0
    """From connecting, or from losing a login, to being logged in."""
    strict_line_ends: bool = False
    """Whether only CRLF ends a line; else a bare LF does too."""
    line_bytes: int = 8192
    """A longer line is answered 500 and thrown away."""
    queued_bytes: int = 256 * 1024
    """What the lines that wait for a verb may take; reading pauses beyond it."""
    failed_commands: int = 20
    """The refusal with this number before a login, in one session, is answered 421."""
    ipv6_prefix: int = 64
    """Bits: IPv6 clients whose addresses agree in so many are one host."""
    reap_seconds: float = 5.0
    """After the last reply, how long the client may take to close its side."""
