"""The count, by account and client, of data connections that ``data_resumption: required`` would refuse.

An operator reads the count in the log before setting that key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

_NAMED = 50
"""The most accounts that a text names."""

_CLIENTS = 8
"""The most clients of an account that are counted separately; clients may use any number of names."""

_CLIENT_CHARACTERS = 60
"""The kept length of a client's own name (CLNT)."""


@dataclass(slots=True)
class _Full:
    """The full handshakes of one account."""

    count: int = 0
    clients: dict[str, int] = field(default_factory=dict)
    """The number for each client that has sent its name."""

    def add(self, client: str) -> None:
        """Count a full handshake."""
        self.count += 1
        if client and (client in self.clients or len(self.clients) < _CLIENTS):
            self.clients[client] = self.clients.get(client, 0) + 1

    def text(self) -> str:
        """Return the count, followed by the clients with the highest counts."""
        ordered = sorted(self.clients.items(), key=lambda item: (-item[1], item[0]))
        # A client chooses its name.  In JSON's quotes and escapes, the name cannot imitate a different part of the
        # line.
        return ", ".join([str(self.count), *(f"{count} by {json.dumps(client)}" for client, count in ordered)])


class ResumptionTally:
    """The counter of the protected data connections of a process.

    :ivar resumed: the data connections that resumed.
    :ivar full: the data connections that did not resume, of all accounts.
    """

    __slots__ = ("_by_account", "_most", "full", "resumed")

    def __init__(self, accounts: int = 1000) -> None:
        """Take the most accounts to count separately; later accounts count as others."""
        self._most = accounts
        self._by_account: dict[str, _Full] = {}
        self.resumed = 0
        self.full = 0

    def count(self, account: str | None, *, resumed: bool, client: str = "") -> None:
        """Count a data connection whose handshake is done.

        :param account: None without a login.
        :param client: the client's own name (CLNT), or empty.
        """
        if resumed:
            self.resumed += 1
            return
        self.full += 1
        if account is not None and (account in self._by_account or len(self._by_account) < self._most):
            self._by_account.setdefault(account, _Full()).add(client[:_CLIENT_CHARACTERS])

    def text(self) -> str:
        """Return the counts as a line, the highest first, or an empty text if nothing was counted."""
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
