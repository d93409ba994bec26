"""Parts of hooks for tests without a reactor."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.task import Clock

from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import VirtualPath

UPLOADED = HookEvent(
    id="0123abc",
    trigger=HookTrigger.UPLOADED,
    time=1795000000.0625,
    origin=HookOrigin(node="n1", session="s7", account="alice"),
    path=VirtualPath("/in/report.csv"),
    size=7,
)


def action_parts_by(clock: Clock) -> HookParts:
    """The parts of an action, with a clock in place of the reactor."""
    reactor = cast(Any, clock)  # Any: actions under test need only the time
    return HookParts(reactor=reactor, blocking=at_once, runs=BoundedRuns(4), now=clock.seconds)
