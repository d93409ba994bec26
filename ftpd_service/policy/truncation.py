"""The judgement whether an upload without close_notify is complete.  Pure; each control connection has its own object.

A FIN without close_notify can mean that an attacker cuts a transfer short (RFC 8446 section 6.1), but many clients end
their uploads in this way.  So the configuration may accept such an end, but never from a client that has already ended
an upload with close_notify.  A reset does not come here, because it is never the end of an upload.
"""

from __future__ import annotations

from enum import Enum

from ftpd_service.errors import TransferAborted


class TruncatedUploads(Enum):
    """The treatment of an upload without close_notify; the values are the configuration's words."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class Truncation:
    """The judge of the ends of one client's uploads.

    :ivar unclean: the number of ends without close_notify so far.
    """

    __slots__ = ("_mode", "_sends_close_notify", "unclean")

    def __init__(self, mode: TruncatedUploads) -> None:
        self._mode = mode
        self._sends_close_notify = False
        self.unclean = 0

    def upload_ended(self, *, clean: bool) -> None:
        """Judge the end of an upload.

        :param clean: the client's close_notify has arrived.
        :raises TransferAborted: the upload is not complete; the text is for the log.
        """
        if clean:
            self._sends_close_notify = True
            return
        self.unclean += 1
        if self._sends_close_notify:
            raise TransferAborted("the upload ended without close_notify, which this client has sent before")
        if self._mode is TruncatedUploads.REFUSE:
            raise TransferAborted("the upload ended without close_notify")
