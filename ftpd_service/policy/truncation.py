"""Whether an upload that ends without close_notify is complete: pure, one object a control connection.

A FIN without close_notify can be somebody who cuts a transfer short (RFC 8446 section 6.1), and it is what many clients
do.  So such an end may be accepted by configuration, but from a client that has once sent a close_notify at the end of
an upload it never is.  A reset is no end at all and never comes here.
"""

from __future__ import annotations

from enum import Enum

from ftpd_service.errors import TransferAborted


class TruncatedUploads(Enum):
    """What becomes of an upload without close_notify; the values are the configuration's words."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class Truncation:
    """Judges the ends of one client's uploads.

    :ivar unclean: ends without close_notify so far.
    """

    __slots__ = ("_mode", "_sends_close_notify", "unclean")

    def __init__(self, mode: TruncatedUploads) -> None:
        self._mode = mode
        self._sends_close_notify = False
        self.unclean = 0

    def upload_ended(self, *, clean: bool) -> None:
        """Judge the end of an upload.

        :param clean: the client's close_notify came.
        :raises TransferAborted: this end is none; the text is for the log.
        """
        if clean:
            self._sends_close_notify = True
            return
        self.unclean += 1
        if self._sends_close_notify:
            raise TransferAborted("the upload ended without close_notify, which this client has sent before")
        if self._mode is TruncatedUploads.REFUSE:
            raise TransferAborted("the upload ended without close_notify")
