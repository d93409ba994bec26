"""From start to stop: seconds, the server's CPU time, and our own."""

from __future__ import annotations

import time
from collections.abc import Mapping

from twisted.internet.defer import Deferred

from ftpd_bench.accounting import cpu_seconds
from ftpd_bench.measurement import Measurement
from ftpd_bench.reactor import BenchReactor

_SETTLE_SECONDS = 0.05
"""Logins before, and children that end after, belong to what they are part of."""


def pause(reactor: BenchReactor, seconds: float) -> Deferred[None]:
    """Wait, while everything else goes on."""
    passed: Deferred[None] = Deferred(lambda cancelled: timer.cancel())
    timer = reactor.callLater(seconds, passed.callback, None)
    return passed


class Meter:
    """One measurement; used once."""

    def __init__(self, reactor: BenchReactor, pid: int | None) -> None:
        self._reactor = reactor
        self._pid = pid
        self._began = self._cpu = self._own = 0.0

    async def start(self) -> None:
        """Let the server come to rest, then begin."""
        await pause(self._reactor, _SETTLE_SECONDS)
        self._cpu = cpu_seconds(self._pid) if self._pid else 0.0
        self._own = time.process_time()
        self._began = time.perf_counter()

    async def stop(
        self, scenario: str, unit: str, amount: float, details: Mapping[str, float] | None = None
    ) -> Measurement:
        """End: what it was and how much of it."""
        seconds = time.perf_counter() - self._began
        own = time.process_time() - self._own
        await pause(self._reactor, _SETTLE_SECONDS)
        return Measurement(
            scenario=scenario,
            unit=unit,
            amount=amount,
            seconds=seconds,
            server_cpu_seconds=cpu_seconds(self._pid) - self._cpu if self._pid else None,
            client_cpu_seconds=own,
            details=dict(details or {}),
        )
