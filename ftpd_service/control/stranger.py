"""The bounds of a client that has not logged in: clients need fewer than twenty commands for a login.

After a login nothing is capped, and only the reactor's time is shared (``turns.py``).
"""

from __future__ import annotations

from ftpd_service.wire import replies
from ftpd_service.wire.reply import After, Final

COMMANDS_BEFORE_LOGIN = 300
"""The most replies in a session to a client that has not logged in."""

WASTE_BYTES = 32 * 1024
"""The most bytes that a client may send before its login outside of commands: empty lines, Telnet, unfinished lines."""

_REFUSALS = 400


class Stranger:
    """Counts the replies of a session without a login.

    :param failed_commands: the number of the refusal that is answered 421.
    """

    __slots__ = ("_answered", "_failed", "_failed_commands")

    def __init__(self, failed_commands: int) -> None:
        self._failed_commands = failed_commands
        self._answered = 0
        self._failed = 0

    def answered(self, final: Final) -> Final:
        """Return the reply to send: the given reply, or 421 after too many."""
        self._answered += 1
        if final.code >= _REFUSALS:
            self._failed += 1
        if final.after is not After.CONTINUE:
            return final
        if self._failed >= self._failed_commands or self._answered > COMMANDS_BEFORE_LOGIN:
            return replies.too_much_before_login()
        return final
