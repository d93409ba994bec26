"""Who would be refused if every data connection had to resume: counted for all sessions together, by account.

An operator reads it in the log before turning ``data_resumption: required`` on.
"""

from __future__ import annotations

_NAMED = 50
"""The most accounts that one text names."""


class ResumptionTally:
    """Counts the protected data connections of a process.

    :ivar resumed: those that resumed.
    :ivar full: those that did not, of whatever account.
    """

    __slots__ = ("_by_account", "_most", "full", "resumed")

    def __init__(self, accounts: int = 1000) -> None:
        """Keep so many accounts apart, those that come first; the rest counts as others."""
        self._most = accounts
        self._by_account: dict[str, int] = {}
        self.resumed = 0
        self.full = 0

    def count(self, account: str | None, *, resumed: bool) -> None:
        """Count a data connection whose handshake is done; None: nobody is logged in."""
        if resumed:
            self.resumed += 1
            return
        self.full += 1
        if account is not None and (account in self._by_account or len(self._by_account) < self._most):
            self._by_account[account] = self._by_account.get(account, 0) + 1

    def text(self) -> str:
        """What was counted, in one line, the accounts with most first; empty where there is nothing to tell."""
        if not self.resumed and not self.full:
            return ""
        ordered = sorted(self._by_account.items(), key=lambda item: (-item[1], item[0]))[:_NAMED]
        named = [f"{account} ({full})" for account, full in ordered]
        others = self.full - sum(full for _, full in ordered)
        if others:
            named.append(f"others ({others})")
        return (
            f"data connections under TLS: {self.resumed} resumed, {self.full} not resumed; "
            f"would be refused under data_resumption: required: {', '.join(named) or 'nobody'}"
        )
