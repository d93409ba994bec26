"""The judgement whether a data connection must resume the TLS session of its control connection.  It only counts.

Each control connection has its own object.  A resumed session always descends from the control connection's own
handshake (``tls/tls_session.py``); with any other session the handshake is a full handshake.

A client may use a ticket many times, or each ticket once; in the second case its tickets run out.  So under ``sticky``
a client that has resumed once must keep resuming only while it is known to hold an unspent ticket.  A ticket comes with
the control handshake, with each resumed download, and with each resumed and completed upload whose client was still
there to receive it; a resumption spends a ticket.  The count is a lower bound: OpenSSL sends two tickets after a full
handshake, but curl 7.88 keeps only the last ticket, so the count never exceeds one; and a ticket that may not have
arrived is not counted. TLS 1.2 sessions are not spent, so there a client that has resumed once must always resume.
"""

from __future__ import annotations

from ftpd_service.errors import ResumptionRequired
from ftpd_service.resumption_mode import ResumptionMode


class Resumption:
    """The tickets of one control connection, and the judgement of its data connections.

    :ivar mode: the demand; a changed mode judges later data connections with all earlier counts.
    :ivar resumed: the number of data connections that resumed.
    :ivar full: the number of data connections that did not resume; ``required`` refuses each of them.
    :ivar holds_ticket: whether the client is known to hold an unspent ticket.
    """

    __slots__ = ("full", "holds_ticket", "mode", "resumed")

    def __init__(self, mode: ResumptionMode) -> None:
        """Start after the control handshake, which gave a ticket."""
        self.mode = mode
        self.resumed = 0
        self.full = 0
        self.holds_ticket = True

    def admit(self, *, resumed: bool, spends_tickets: bool) -> None:
        """Judge a data connection whose handshake is done.

        :param spends_tickets: the connection speaks TLS 1.3, where a ticket may be used only once.
        :raises ResumptionRequired: the connection had to resume; the text is for the log.
        """
        if resumed:
            self.resumed += 1
            if spends_tickets:
                self.holds_ticket = False
            return
        self.full += 1
        reason = self._refusal(spends_tickets)
        if reason:
            raise ResumptionRequired(reason)

    def ticket_reached(self) -> None:
        """Count a ticket that the client is known to have received on a TLS 1.3 data connection."""
        self.holds_ticket = True

    def _refusal(self, spends_tickets: bool) -> str:
        """Return the reason to refuse a full handshake, or an empty text."""
        if self.mode is ResumptionMode.REQUIRED:
            if self.resumed and spends_tickets and not self.holds_ticket:
                return "resumption is required, and a client that uses each ticket once has none left"
            return "resumption is required, and this was a full handshake"
        if self.mode is ResumptionMode.STICKY and self.resumed:
            if not spends_tickets:
                return "the client resumed before, and did not now (TLS 1.2)"
            if self.holds_ticket:
                return "the client resumed before, and did not now, with an unspent ticket"
        return ""
