"""The scenario of a file that hangs: what other sessions wait for meanwhile.

A server that waits for the file itself answers nobody, so few questions are asked while it does: what counts is all
that is asked in a span of time that is shorter than the hang, however long the answers take.
"""

from __future__ import annotations

import time

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ftpd_bench.crowd import open_sessions, together
from ftpd_bench.measurement import Measurement, percentile
from ftpd_bench.meter import Meter, pause
from ftpd_bench.replies import BadReply
from ftpd_bench.session import Ground, Session
from ftpd_bench.target import Load
from ftpd_bench.transfers import ensure_file

_PROBES = 10
"""Sessions that are asked."""
_BETWEEN_PROBES_SECONDS = 0.01
_BEGUN_SECONDS = 0.2
"""After which the server is taken to wait for the file."""


class _Stuck:
    """A session in a RETR whose end nobody waits for."""

    def __init__(self, session: Session, name: str, size_bytes: int) -> None:
        self._result: int | Failure | None = None
        self._work = Deferred.fromCoroutine(session.retrieve(name, size_bytes))
        self._work.addBoth(self._end)

    def check(self) -> None:
        """See that it still hangs.

        :raises BadReply: it was refused, or has ended.
        """
        if isinstance(self._result, Failure):
            self._result.raiseException()
        if self._result is not None:
            raise BadReply(f"the file did not hang: {self._result} bytes came")

    def cancel(self) -> None:
        """Close its data connection."""
        self._work.cancel()

    def _end(self, result: int | Failure) -> None:
        self._result = result


async def hang(ground: Ground, load: Load) -> Measurement:
    """NOOP's answer and a small file's while `streams` sessions RETR `file`: in milliseconds, for `hold_seconds`."""
    opened = await open_sessions(ground, _PROBES + 1 + load.streams)
    stuck: list[_Stuck] = []
    try:
        small = ground.target.path(f"bench-{load.size_bytes}.bin")
        await ensure_file(opened[0], small, load.size_bytes)
        name = ground.target.path(load.file)
        stuck += [_Stuck(session, name, load.size_bytes) for session in opened[_PROBES + 1 :]]
        await pause(ground.reactor, _BEGUN_SECONDS)
        return await _ask(ground, load, opened[: _PROBES + 1], stuck)
    finally:
        # No QUIT: the server may not answer.
        for one in stuck:
            one.cancel()
        await together(_drop(session) for session in opened)


async def _ask(ground: Ground, load: Load, opened: list[Session], stuck: list[_Stuck]) -> Measurement:
    times: list[float] = []

    async def ask(session: Session, until: float) -> None:
        for _ in range(max(1, load.count // _PROBES)):
            for one in stuck:
                one.check()
            asked = time.perf_counter()
            await session.control.command("NOOP")
            times.append(time.perf_counter() - asked)
            await pause(ground.reactor, _BETWEEN_PROBES_SECONDS)
            if time.perf_counter() >= until:
                return

    async def fetch(session: Session) -> None:
        asked = time.perf_counter()
        await session.retrieve(ground.target.path(f"bench-{load.size_bytes}.bin"), load.size_bytes)
        details["small_ms"] = (time.perf_counter() - asked) * 1000

    details: dict[str, float] = {}
    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    until = time.perf_counter() + load.hold_seconds
    await together([fetch(opened[0]), *(ask(session, until) for session in opened[1:])])
    details |= {"p50_ms": percentile(times, 0.5) * 1000, "p99_ms": percentile(times, 0.99) * 1000}
    return await meter.stop("hang", "command", len(times), {**details, "max_ms": max(times) * 1000})


async def _drop(session: Session) -> None:
    session.control.transport.abortConnection()
    await session.control.ended
