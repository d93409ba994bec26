"""Whether a data connection may do without resuming the TLS session of its control connection: pure counting.

One object a control connection.  Whose session was resumed is no question here: only sessions that descend from the
control connection's own handshake can be resumed (``tls/tls_session.py``); with any other the handshake is a full one.

A client may use one ticket many times or each ticket once; the latter runs out of them.  So under ``sticky`` a client
that has resumed once must go on resuming only while it is known to hold an unspent ticket: one came with the control
handshake, one comes with each resumed download and with each resumed, completed upload that it was still there to take
it from, and a resumption spends it.  What is known is a lower bound: OpenSSL sends two tickets behind a full handshake,
but curl 7.88 keeps the last one only, so more than one is never counted; and one that may not have arrived is not
counted at all.
TLS 1.2 sessions are not spent, so there a client that has resumed once must always resume.
"""

from __future__ import annotations

from ftpd_service.errors import ResumptionRequired
from ftpd_service.values import ResumptionMode


class Resumption:
    """Counts one control connection's tickets and judges its data connections.

    :ivar mode: what is asked; another one judges what comes from then on, with all that was counted before.
    :ivar resumed: data connections that resumed.
    :ivar full: data connections that did not: under ``required`` each of them is refused.
    :ivar holds_ticket: the client is known to hold one unspent.
    """

    __slots__ = ("full", "holds_ticket", "mode", "resumed")

    def __init__(self, mode: ResumptionMode) -> None:
        """Begin behind the control handshake, which gave a ticket."""
        self.mode = mode
        self.resumed = 0
        self.full = 0
        self.holds_ticket = True

    def admit(self, *, resumed: bool, spends_tickets: bool) -> None:
        """Judge a data connection whose handshake is done.

        :param spends_tickets: the connection speaks TLS 1.3, where a ticket may serve once only.
        :raises ResumptionRequired: it had to resume; the text is for the log.
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
        """Count a ticket that the client is known to have got on a TLS 1.3 data connection."""
        self.holds_ticket = True

    def _refusal(self, spends_tickets: bool) -> str:
        """Why a full handshake is refused; empty where it is not."""
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
