"""Actions and stages of hooks with the real reactor, for tests with servers on loopback."""

from __future__ import annotations

import time
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IResolutionReceiver
from twisted.internet.posixbase import PosixReactorBase
from zope.interface import directlyProvides, providedBy

from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.reasons import UploadGrade
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import VirtualPath

EVENT = HookEvent(
    id="0123abc",
    trigger=HookTrigger.UPLOADED,
    time=1795000000.0625,
    origin=HookOrigin(node="n1", session="s7", account="alice", address="192.0.2.7", tls=True),
    path=VirtualPath('/in/ä\udcff\r\nX-Forged: 1"'),
    size=7,
    grade=UploadGrade.PROVED,
)
"""An event whose path would forge a header and a field."""


class NamedReactor:
    """The real reactor, with names of its own."""

    def __init__(self, names: dict[str, tuple[str, ...]]) -> None:
        self._names = names
        directlyProvides(self, providedBy(reactor))

    def __getattr__(self, name: str) -> Any:  # Any: whatever the reactor has
        return getattr(reactor, name)

    @property
    def nameResolver(self) -> NamedReactor:
        """The resolver."""
        return self

    def resolveHostName(
        self, receiver: IResolutionReceiver, hostName: str, portNumber: int = 0, *args: object
    ) -> IResolutionReceiver:
        """Resolve a name."""
        receiver.resolutionBegan(cast(Any, None))  # Any: nobody cancels it
        for host in self._names.get(hostName, ()):
            kind = IPv6Address if ":" in host else IPv4Address
            receiver.addressResolved(kind("TCP", host, portNumber))
        receiver.resolutionComplete()
        return receiver


def action_parts(*, concurrency: int = 4, names: dict[str, tuple[str, ...]] | None = None) -> HookParts:
    """The parts of an action."""
    here_or_named = reactor if names is None else NamedReactor(names)
    return HookParts(
        reactor=cast(PosixReactorBase, here_or_named),  # as above
        blocking=at_once,
        runs=BoundedRuns(concurrency),
        now=time.time,
    )
