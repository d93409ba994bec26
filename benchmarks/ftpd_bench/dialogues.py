"""Scenarios without files: sessions, commands, idle sessions, and answers while others transfer."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol, connectionDone
from twisted.python.failure import Failure

from ftpd_bench.accounting import memory_bytes
from ftpd_bench.crowd import leave, open_sessions, shared, together
from ftpd_bench.measurement import Measurement, percentile
from ftpd_bench.meter import Meter, pause
from ftpd_bench.session import Ground, Session, log_in
from ftpd_bench.target import Load, Target, Tls
from ftpd_bench.transfers import ensure_file

RUNNING = b"running\n"
"""The line that a load's process prints once all of its transfers move bytes."""
_PROBES = 10
"""Sessions that are asked while others transfer."""
_BETWEEN_PROBES_SECONDS = 0.01
_READY_SECONDS = 0.2


async def sessions(ground: Ground, load: Load) -> Measurement:
    """Connect, log in and QUIT, `count` times in all."""

    async def work(_number: int) -> None:
        await (await log_in(ground)).quit()

    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    await shared(load.count, load.streams, work)
    return await meter.stop("sessions", "session", load.count)


async def commands(ground: Ground, load: Load) -> Measurement:
    """NOOP in each session, `depth` on their way at once, `count` in all."""
    opened = await open_sessions(ground, load.streams)
    batches = max(1, load.count // load.streams // load.depth)

    async def work(session: Session) -> None:
        for _ in range(batches):
            session.control.send(*["NOOP"] * load.depth)
            for _ in range(load.depth):
                await session.control.positive("NOOP")

    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    await together(work(session) for session in opened)
    result = await meter.stop("commands", "command", batches * load.depth * load.streams)
    await leave(opened)
    return result


async def idle(ground: Ground, load: Load) -> Measurement:
    """Open `streams` sessions, hold them, and read the server's memory before and after; all must still answer."""
    pid = ground.target.pid
    before = memory_bytes(pid) if pid else 0
    meter = Meter(ground.reactor, pid)
    await meter.start()
    opened = await open_sessions(ground, load.streams)
    result = await meter.stop("idle", "session", load.streams)
    await pause(ground.reactor, load.hold_seconds)
    after = memory_bytes(pid) if pid else 0
    await together(session.control.command("NOOP") for session in opened)
    details = {"kib_each": (after - before) / 1024 / load.streams, "server_mib": after / (1 << 20)} if pid else {}
    await leave(opened)
    return replace(result, details=details)


class _LoadProcess(ProcessProtocol):
    """Another process of this program, so that the load's own work delays no answer that is timed here."""

    def __init__(self) -> None:
        self.running: Deferred[None] = Deferred()
        self.ended: Deferred[None] = Deferred()
        self._said = b""

    def outReceived(self, data: bytes) -> None:
        """It says when it runs."""
        self._said += data
        if self._said.startswith(RUNNING) and not self.running.called:
            self.running.callback(None)

    def errReceived(self, data: bytes) -> None:
        """It says what went wrong."""
        sys.stderr.write(data.decode(errors="replace"))

    def processEnded(self, reason: Failure = connectionDone) -> None:
        """It ended: because it was told to, or because it could not start."""
        if not self.running.called:
            self.running.errback(reason)
        self.ended.callback(None)


def load_arguments(target: Target, load: Load) -> list[str]:
    """How a load's process is called; user and password go through its environment."""
    scheme = "ftps" if target.tls is Tls.IMPLICIT else "ftp"
    host = f"[{target.host}]" if ":" in target.host else target.host
    url = f"{scheme}://{host}:{target.port}/{target.folder}"
    arguments = ["-m", "ftpd_bench.main", "load", url]
    arguments += ["--streams", str(load.streams), "--size", str(load.size_bytes), "--timeout", "3600"]
    arguments += ["--explicit-tls"] if target.tls is Tls.EXPLICIT else []
    return arguments + ([] if target.resume else ["--no-resume"])


def _start_load(ground: Ground, load: Load, protocol: ProcessProtocol) -> IProcessTransport:
    target = ground.target
    account = {"FTPD_BENCH_USER": target.user, "FTPD_BENCH_PASSWORD": target.password}
    return ground.reactor.spawnProcess(
        protocol,
        sys.executable,
        [sys.executable, *load_arguments(target, load)],
        {**os.environ, **account, "PYTHONPATH": ":".join(sys.path)},
    )


async def latency(ground: Ground, load: Load) -> Measurement:
    """NOOP's answer on some sessions while `streams` downloads run: median and 99th percentile in milliseconds."""
    opened = await open_sessions(ground, _PROBES)
    times: list[float] = []

    async def work(session: Session) -> None:
        for _ in range(max(1, load.count // _PROBES)):
            asked = time.perf_counter()
            await session.control.command("NOOP")
            times.append(time.perf_counter() - asked)
            await pause(ground.reactor, _BETWEEN_PROBES_SECONDS)

    busy = _LoadProcess()
    process = _start_load(ground, load, busy)
    try:
        await busy.running
        meter = Meter(ground.reactor, ground.target.pid)
        await meter.start()
        await together(work(session) for session in opened)
        details = {"p50_ms": percentile(times, 0.5) * 1000, "p99_ms": percentile(times, 0.99) * 1000}
        result = await meter.stop("latency", "command", len(times), {**details, "max_ms": max(times) * 1000})
    finally:
        with contextlib.suppress(ProcessExitedAlready):
            process.signalProcess("KILL")
        await busy.ended
    await leave(opened)
    return result


async def load(ground: Ground, load: Load) -> Measurement:
    """Downloads without end, for what else is measured at the same time; ends when the process is ended."""
    opened = await open_sessions(ground, load.streams)
    name = ground.target.path(f"bench-{load.size_bytes}.bin")
    await ensure_file(opened[0], name, load.size_bytes)

    async def work(session: Session) -> None:
        while True:
            await session.retrieve(name, load.size_bytes)

    async def announce() -> None:
        await pause(ground.reactor, _READY_SECONDS)
        sys.stdout.write(RUNNING.decode())
        sys.stdout.flush()

    await together([announce(), *(work(session) for session in opened)])
    raise AssertionError("a load has no end")
