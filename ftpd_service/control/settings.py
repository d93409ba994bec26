"""Settings of the control connection, frozen; `graph/` makes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSettings:
    """The timeouts and bounds of a control connection."""

    login_seconds: float = 60.0
    """The timeout of a login, from the connection or from the loss of a login."""
    strict_line_ends: bool = False
    """Whether only CRLF ends a line; otherwise a bare LF does too."""
    line_bytes: int = 8192
    """A longer line is answered 500 and discarded."""
    queued_bytes: int = 256 * 1024
    """The memory of waiting lines beyond which reading pauses."""
    failed_commands: int = 20
    """The number of the refusal that is answered 421, in a session without a login."""
    ipv6_prefix: int = 64
    """The number of bits by which IPv6 clients are one host."""
    reap_seconds: float = 5.0
    """The time that the client may take after the last reply to close its side."""
