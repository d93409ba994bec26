"""The tree of throttles: the buckets of a session, of its account, of its listener and of the server.

Buckets live as long as a flow may draw on them.  Rates can change while transfers run.  An operator may replace the
rates of an account or of a session for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from weakref import WeakSet, WeakValueDictionary

from ftpd_service.account import NO_LIMITS, Rates
from ftpd_service.policy.bandwidth import Bucket, FairQueue, Flow
from ftpd_service.values import Direction


def unlimited(account: str) -> Rates:
    """Return no limit, for a service without accounts that have throttles."""
    return NO_LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleSettings:
    """The rates of the server, its listeners and its accounts."""

    server: Rates = NO_LIMITS
    listeners: Mapping[str, Rates] = field(default_factory=dict)
    """The rates by endpoint; other listeners have no limit."""
    account: Callable[[str], Rates] = unlimited
    """The function that returns the rates of an avatar id."""


class Throttles:
    """The buckets of the whole service.

    :ivar turns: the turns of all flows.
    """

    __slots__ = ("_buckets", "_replaced", "_sessions", "_settings", "turns")

    def __init__(self, settings: ThrottleSettings) -> None:
        self._settings = settings
        self._replaced: dict[tuple[str, bool], int | None] = {}
        self._buckets: WeakValueDictionary[tuple[str, str, bool], Bucket] = WeakValueDictionary()
        self._sessions: WeakSet[SessionThrottle] = WeakSet()
        self.turns = FairQueue()

    def change(self, settings: ThrottleSettings, now: float) -> None:
        """Change the rates, also for waiting flows; call `FairQueue.changed` afterwards."""
        self._settings = settings
        for (scope, name, upload), bucket in list(self._buckets.items()):
            bucket.change(self._together(scope, name, upload), now)
        for session in self._sessions:
            session.refresh(now)

    def replace_account(self, account: str, rate: int | None, *, upload: bool, now: float) -> None:
        """Replace the rate of all sessions of an account together; call `FairQueue.changed` afterwards."""
        self._replaced[account, upload] = rate
        bucket = self._buckets.get(("account", account, upload))
        if bucket is not None:
            bucket.change(rate, now)

    def restore(self, now: float) -> None:
        """Put the rates of the settings into force again; call `FairQueue.changed` afterwards."""
        self._replaced.clear()
        for session in self._sessions:
            session.restore()
        self.change(self._settings, now)

    def session(self, listener: str) -> SessionThrottle:
        """Return the throttle of a session that begins on a listener."""
        return SessionThrottle(self, listener)

    def flow(self, listener: str, account: str, own: int | None, *, upload: bool, now: float) -> Flow:
        """Return a flow of a session with this rate of its own, for `SessionThrottle`."""
        return Flow(
            (
                Bucket(own, now),
                self._bucket("account", account, upload, now),
                self._bucket("listener", listener, upload, now),
                self._bucket("server", "", upload, now),
            )
        )

    def session_rate(self, listener: str, account: str, *, upload: bool) -> int | None:
        """Return the lowest of the rates that apply to each session."""
        scopes = (("account", account), ("listener", listener), ("server", ""))
        rates = (self._rates(scope, name).per_session(upload=upload) for scope, name in scopes)
        return min((rate for rate in rates if rate is not None), default=None)

    def remember(self, session: SessionThrottle) -> None:
        """Keep the rate of a session up to date while the session lives."""
        self._sessions.add(session)

    def _bucket(self, scope: str, name: str, upload: bool, now: float) -> Bucket:
        bucket = self._buckets.get((scope, name, upload))
        if bucket is None:
            bucket = Bucket(self._together(scope, name, upload), now)
            self._buckets[scope, name, upload] = bucket
        return bucket

    def _together(self, scope: str, name: str, upload: bool) -> int | None:
        if scope == "account" and (name, upload) in self._replaced:
            return self._replaced[name, upload]
        return self._rates(scope, name).together(upload=upload)

    def _rates(self, scope: str, name: str) -> Rates:
        if scope == "account":
            return self._settings.account(name)
        return self._settings.server if scope == "server" else self._settings.listeners.get(name, NO_LIMITS)


class SessionThrottle:
    """The throttle of one session: a flow for each direction, made with its first transfer."""

    __slots__ = ("__weakref__", "_account", "_flows", "_listener", "_replaced", "_throttles")

    def __init__(self, throttles: Throttles, listener: str) -> None:
        self._throttles = throttles
        self._listener = listener
        self._account = ""
        self._flows: dict[bool, Flow] | None = None
        self._replaced: dict[bool, int | None] | None = None

    def flow(self, account: str, direction: Direction, now: float) -> Flow:
        """Return the flow for a transfer of an account; a session has one transfer at a time."""
        if self._flows is None or account != self._account:
            self._flows, self._account = {}, account
            self._throttles.remember(self)
        upload = direction is Direction.UPLOAD
        flow = self._flows.get(upload)
        if flow is None:
            flow = self._throttles.flow(self._listener, account, self._rate(upload), upload=upload, now=now)
            self._flows[upload] = flow
        return flow

    def replace(self, rate: int | None, *, upload: bool, now: float) -> None:
        """Replace the session's own rate; call `FairQueue.changed` afterwards."""
        self._replaced = {**(self._replaced or {}), upload: rate}
        self._throttles.remember(self)
        self.refresh(now)

    def restore(self) -> None:
        """Have the next `refresh` put the rates of the settings into force."""
        self._replaced = None

    def refresh(self, now: float) -> None:
        """Update the session's own rate."""
        for upload, flow in (self._flows or {}).items():
            flow.buckets[0].change(self._rate(upload), now)

    def _rate(self, upload: bool) -> int | None:
        if self._replaced is not None and upload in self._replaced:
            return self._replaced[upload]
        return self._throttles.session_rate(self._listener, self._account, upload=upload)
