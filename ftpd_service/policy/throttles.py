"""The tree of throttles: the buckets of a session, of its account, of its listener and of the server.

Buckets live as long as a flow may draw on them.  Rates can change while transfers run.
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

    __slots__ = ("_buckets", "_sessions", "_settings", "turns")

    def __init__(self, settings: ThrottleSettings) -> None:
        self._settings = settings
        self._buckets: WeakValueDictionary[tuple[str, str, bool], Bucket] = WeakValueDictionary()
        self._sessions: WeakSet[SessionThrottle] = WeakSet()
        self.turns = FairQueue()

    def change(self, settings: ThrottleSettings, now: float) -> None:
        """Change the rates, also for waiting flows; call `FairQueue.changed` afterwards."""
        self._settings = settings
        for (scope, name, upload), bucket in list(self._buckets.items()):
            bucket.change(self._rates(scope, name).together(upload=upload), now)
        for session in self._sessions:
            session.refresh(now)

    def session(self, listener: str) -> SessionThrottle:
        """Return the throttle of a session that begins on a listener."""
        return SessionThrottle(self, listener)

    def flow(self, listener: str, account: str, *, upload: bool, now: float) -> Flow:
        """Return a flow of a session, for `SessionThrottle`."""
        return Flow(
            (
                Bucket(self.session_rate(listener, account, upload=upload), now),
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
        """Keep the rate of a session with flows up to date while the session lives."""
        self._sessions.add(session)

    def _bucket(self, scope: str, name: str, upload: bool, now: float) -> Bucket:
        bucket = self._buckets.get((scope, name, upload))
        if bucket is None:
            bucket = Bucket(self._rates(scope, name).together(upload=upload), now)
            self._buckets[scope, name, upload] = bucket
        return bucket

    def _rates(self, scope: str, name: str) -> Rates:
        if scope == "account":
            return self._settings.account(name)
        return self._settings.server if scope == "server" else self._settings.listeners.get(name, NO_LIMITS)


class SessionThrottle:
    """The throttle of one session: a flow for each direction, made with its first transfer."""

    __slots__ = ("__weakref__", "_account", "_flows", "_listener", "_throttles")

    def __init__(self, throttles: Throttles, listener: str) -> None:
        self._throttles = throttles
        self._listener = listener
        self._account = ""
        self._flows: dict[bool, Flow] | None = None

    def flow(self, account: str, direction: Direction, now: float) -> Flow:
        """Return the flow for a transfer of an account; a session has one transfer at a time."""
        if self._flows is None or account != self._account:
            self._flows, self._account = {}, account
            self._throttles.remember(self)
        upload = direction is Direction.UPLOAD
        flow = self._flows.get(upload)
        if flow is None:
            flow = self._throttles.flow(self._listener, account, upload=upload, now=now)
            self._flows[upload] = flow
        return flow

    def refresh(self, now: float) -> None:
        """Update the session's own rate."""
        for upload, flow in (self._flows or {}).items():
            flow.buckets[0].change(self._throttles.session_rate(self._listener, self._account, upload=upload), now)
