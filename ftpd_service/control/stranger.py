"""What a client may say before it has logged in: clients need fewer than twenty commands for that.

Behind a login nothing is capped, and only the reactor's time is shared (``turns.py``).
"""

from __future__ import annotations

from ftpd_service.wire import replies
from ftpd_service.wire.reply import After, Final

COMMANDS_BEFORE_LOGIN = 300
"""Replies to a client that has not logged in, in one session."""

WASTE_BYTES = 32 * 1024
"""Bytes of a client that has not logged in which belong to no command: empty lines, Telnet, lines without an end."""

_REFUSALS = 400


class Stranger:
    """Counts what one session says while nobody is logged in.

    :param failed_commands: the refusal with this number is answered 421.
    """

    __slots__ = ("_answered", "_failed", "_failed_commands")

    def __init__(self, failed_commands: int) -> None:
        self._failed_commands = failed_commands
        self._answered = 0
        self._failed = 0

    def answered(self, final: Final) -> Final:
        """The reply to give: the one that is due, or 421 where there were too many."""
        self._answered += 1
        if final.code >= _REFUSALS:
            self._failed += 1
        if final.after is not After.CONTINUE:
            return final
        if self._failed >= self._failed_commands or self._answered > COMMANDS_BEFORE_LOGIN:
            return replies.too_much_before_login()
        return final
