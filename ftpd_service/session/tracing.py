"""The seam by which the dialogue of a session can be followed while it lasts."""

from __future__ import annotations

from typing import Protocol

from ftpd_service.wire.reply import Final, Preliminary


class Tracer(Protocol):
    """The parts of a session tell it commands and replies; its methods return at once and never raise."""

    def asked(self, verb: str, argument: str) -> None:
        """Note a command that was read; a secret argument is stars."""

    def replied(self, reply: Preliminary | Final) -> None:
        """Note a reply that is written."""

    def ended(self) -> None:
        """Note that the session has ended; no call follows."""
