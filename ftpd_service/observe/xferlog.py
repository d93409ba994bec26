"""The transfer log in the form of wu-ftpd, which vsftpd and ProFTPD write too, and which many programs count.

A line has fields with a space between them, and neither quotes nor escapes.  So each character that a reader could
take for the end of a field or of a line is ``_`` here, as with those servers, and so is a byte that is not UTF-8.
The paths are those that clients see.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from zope.interface import implementer

from ftpd_service.events import Event, FileRemoved, TransferFinished, TreeRemoved
from ftpd_service.interfaces import IObserver
from ftpd_service.values import ANONYMOUS, Direction

_DIRECTIONS = {Direction.DOWNLOAD: "o", Direction.UPLOAD: "i"}


def safe(text: str) -> str:
    """Return a text as one field: each space and each character that is not printable is ``_``."""
    if text.isprintable() and " " not in text:
        return text
    return "".join(letter if letter.isprintable() and not letter.isspace() else "_" for letter in text)


def transfer_line(event: TransferFinished, seconds: float) -> bytes:
    """Return the line of a transfer.

    :param seconds: the time at which the transfer ended.
    """
    return _line(
        _field_time(seconds),
        # Readers divide by this figure, so it is never 0, as with vsftpd.
        str(max(1, round(event.seconds))),
        event.peer.address_text,
        str(event.octets),
        safe(event.path),
        "a" if event.ascii else "b",
        "_",
        _DIRECTIONS[event.direction],
        *_user(event.account),
        "c" if event.outcome == "complete" else "i",
    )


def removal_line(event: FileRemoved | TreeRemoved, seconds: float) -> bytes:
    """Return the line of a file, or of a whole tree, that was deleted, in the form of ProFTPD.

    The size is 0, because a deletion reads none.

    :param seconds: the time of the deletion.
    """
    return _line(
        _field_time(seconds),
        *("0", event.peer.address_text, "0", safe(event.path), "b", "_", "d"),
        *_user(event.account),
        "c" if isinstance(event, FileRemoved) or event.whole else "i",
    )


@implementer(IObserver)
class TransferLog:
    """An observer that queues the line of each transfer and of each deletion, while there is a place for the lines.

    :ivar put: queues a line without waiting, or is None while nobody wants lines.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.put: Callable[[bytes], object] | None = None

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class have lines."""
        return self.put is not None and kind in (TransferFinished, FileRemoved, TreeRemoved)

    def observe(self, event: Event) -> None:
        """Queue the line of an event, if it has a line."""
        if self.put is None:
            return
        if isinstance(event, TransferFinished):
            if event.direction not in _DIRECTIONS:
                # The form has no lines for listings.
                return
            self.put(transfer_line(event, self._now()))
        elif isinstance(event, FileRemoved | TreeRemoved):
            self.put(removal_line(event, self._now()))


def _field_time(seconds: float) -> str:
    # `time.strftime` would follow the locale.
    return time.asctime(time.localtime(seconds))


def _user(account: str) -> tuple[str, str, str, str, str]:
    """Return access mode, user, service, method of authentication (there is no RFC 1413 here) and its user."""
    return "a" if account == ANONYMOUS else "r", safe(account) or "_", "ftp", "0", "*"


def _line(*fields: str) -> bytes:
    return (" ".join(fields) + "\n").encode("utf-8")
