"""Who would be refused if every data connection had to resume: counted for all sessions, by account and client.

An operator reads it in the log before turning ``data_resumption: required`` on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

_NAMED = 50
"""The most accounts that one text names."""

_CLIENTS = 8
"""The most clients of one account that are kept apart: clients may call themselves anything, and ever anew."""

_CLIENT_CHARACTERS = 60
"""As much of a client's own name (CLNT) is kept."""


@dataclass(slots=True)
class _Full:
    """The full handshakes of one account."""

    count: int = 0
    clients: dict[str, int] = field(default_factory=dict)
    """How many of them by each client that has said its name."""

    def add(self, client: str) -> None:
        """Count another one."""
        self.count += 1
        if client and (client in self.clients or len(self.clients) < _CLIENTS):
            self.clients[client] = self.clients.get(client, 0) + 1

    def text(self) -> str:
        """The count, and the clients with most first."""
        ordered = sorted(self.clients.items(), key=lambda item: (-item[1], item[0]))
        # A client chooses its name: in JSON's quotes and escapes it cannot look like anything else of the line.
        return ", ".join([str(self.count), *(f"{count} by {json.dumps(client)}" for client, count in ordered)])


class ResumptionTally:
    """Counts the protected data connections of a process.

    :ivar resumed: those that resumed.
    :ivar full: those that did not, of whatever account.
    """

    __slots__ = ("_by_account", "_most", "full", "resumed")

    def __init__(self, accounts: int = 1000) -> None:
        """Keep so many accounts apart, those that come first; the rest counts as others."""
        self._most = accounts
        self._by_account: dict[str, _Full] = {}
        self.resumed = 0
        self.full = 0

    def count(self, account: str | None, *, resumed: bool, client: str = "") -> None:
        """Count a data connection whose handshake is done.

        :param account: None: nobody is logged in.
        :param client: what the client calls itself (CLNT), or nothing.
        """
        if resumed:
            self.resumed += 1
            return
        self.full += 1
        if account is not None and (account in self._by_account or len(self._by_account) < self._most):
            self._by_account.setdefault(account, _Full()).add(client[:_CLIENT_CHARACTERS])

    def text(self) -> str:
        """What was counted, in one line, the accounts with most first; empty where there is nothing to tell."""
        if not self.resumed and not self.full:
            return ""
        ordered = sorted(self._by_account.items(), key=lambda item: (-item[1].count, item[0]))[:_NAMED]
        named = [f"{account} ({full.text()})" for account, full in ordered]
        others = self.full - sum(full.count for _, full in ordered)
        if others:
            named.append(f"others ({others})")
        return (
            f"data connections under TLS: {self.resumed} resumed, {self.full} not resumed; "
            f"would be refused under data_resumption: required: {', '.join(named) or 'nobody'}"
        )
