"""The command ``ftpd-bench``: reads its arguments, runs one scenario as often as asked, prints what came out."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from ftpd_bench import dialogues, hanging, transfers
from ftpd_bench.accounting import NoProcess
from ftpd_bench.data import Source
from ftpd_bench.measurement import Measurement, median, report
from ftpd_bench.reactor import BenchReactor
from ftpd_bench.session import Ground
from ftpd_bench.target import BadTarget, Load, Target, parse_size, parse_target
from ftpd_bench.tls import client_context

Run = Callable[[Ground, Load], Coroutine[Deferred[Any], Any, Measurement]]  # Any: as `Deferred.fromCoroutine` has it


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that can be measured, and how much of it unless the user says otherwise."""

    run: Run
    summary: str
    usual: Load


SCENARIOS: dict[str, Scenario] = {
    "download": Scenario(transfers.download, "RETR of a large file, in all streams at once", Load(size_bytes=1 << 30)),
    "upload": Scenario(transfers.upload, "STOR of a large file, in all streams at once", Load(size_bytes=1 << 30)),
    "small-downloads": Scenario(
        transfers.small_downloads, "RETR of small files, --count in all", Load(size_bytes=4096, count=2000)
    ),
    "small-uploads": Scenario(
        transfers.small_uploads, "STOR of small files, --count in all", Load(size_bytes=4096, count=2000)
    ),
    "list": Scenario(transfers.list_entries, "LIST of a directory of --count entries", Load(count=5000)),
    "mlsd": Scenario(transfers.mlsd_entries, "MLSD of a directory of --count entries", Load(count=5000)),
    "nlst": Scenario(transfers.nlst_entries, "NLST of a directory of --count entries", Load(count=5000)),
    "sessions": Scenario(dialogues.sessions, "connect, log in, QUIT; --count in all", Load(streams=10, count=1000)),
    "commands": Scenario(dialogues.commands, "NOOP, --count in all, --depth at once", Load(streams=10, count=20000)),
    "idle": Scenario(dialogues.idle, "memory that --streams idle sessions hold", Load(streams=1000)),
    "latency": Scenario(
        dialogues.latency,
        "NOOP's answers while --streams downloads run",
        Load(streams=100, size_bytes=10 << 20, count=2000),
    ),
    "hang": Scenario(
        hanging.hang,
        "NOOP's answers while --streams sessions RETR --file, which hangs for longer than --hold",
        Load(size_bytes=4096, count=10000, hold_seconds=4.0),
    ),
    "load": Scenario(dialogues.load, "downloads without end", Load(streams=100, size_bytes=10 << 20)),
}


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process with 2 where it is wrong."""
    summaries = "\n".join(f"  {name:16} {scenario.summary}" for name, scenario in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="ftpd-bench",
        description="Measure an FTP server, whichever it is.",
        epilog=f"scenarios:\n{summaries}\n\nFTPD_BENCH_USER and FTPD_BENCH_PASSWORD do without a password in the URL.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", choices=SCENARIOS, metavar="SCENARIO")
    parser.add_argument("url", help="ftp://user:password@host:port/folder, or ftps:// for implicit TLS")
    parser.add_argument("--streams", type=int, help="sessions at once")
    parser.add_argument("--size", help="of each file: 4KiB, 10MiB, 1GiB")
    parser.add_argument("--count", type=int, help="files, sessions, commands or entries in all; of large files: rounds")
    parser.add_argument("--depth", type=int, help="commands on their way at once in each session")
    parser.add_argument("--hold", type=float, help="seconds that idle sessions are left alone, or that a file hangs")
    parser.add_argument("--file", default="", help="a file that hangs, below the URL's folder")
    parser.add_argument("--repeat", type=int, default=1, help="how often; the medians are shown")
    parser.add_argument("--pid", type=int, help="the server's first process on this host, for what it costs")
    parser.add_argument("--explicit-tls", action="store_true", help="AUTH TLS and PROT P")
    parser.add_argument("--no-resume", action="store_true", help="a full handshake for each data connection")
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds after which to give up")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args(words)


def target_of(given: argparse.Namespace) -> Target:
    """The server that the arguments name.

    :raises BadTarget: the URL is none.
    """
    target = parse_target(given.url, explicit=given.explicit_tls, resume=not given.no_resume, pid=given.pid)
    return replace(
        target,
        user=os.environ.get("FTPD_BENCH_USER", target.user),
        password=os.environ.get("FTPD_BENCH_PASSWORD", target.password),
    )


def load_of(given: argparse.Namespace) -> Load:
    """The scenario's usual load, with what the arguments say instead.

    :raises BadTarget: a number is below one, or the size is none.
    """
    usual = SCENARIOS[given.scenario].usual
    load = Load(
        streams=usual.streams if given.streams is None else given.streams,
        size_bytes=usual.size_bytes if given.size is None else parse_size(given.size),
        count=usual.count if given.count is None else given.count,
        depth=usual.depth if given.depth is None else given.depth,
        hold_seconds=usual.hold_seconds if given.hold is None else given.hold,
        file=given.file,
    )
    if min(load.streams, load.count, load.depth, given.repeat) < 1 or load.hold_seconds < 0:
        raise BadTarget("--streams, --count, --depth and --repeat begin at 1")
    if given.scenario == "hang" and not load.file:
        raise BadTarget("--file names the file that hangs")
    return load


async def measure(ground: Ground, load: Load, scenario: str, repeat: int = 1) -> Measurement:
    """Run a scenario as often as asked: the medians."""
    return median([await SCENARIOS[scenario].run(ground, load) for _ in range(repeat)])


def raise_file_limit() -> None:
    """As many descriptors as this user may have: thousands of sessions need them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    """Run from the command line: 0, 1 where the measurement failed, 2 where the arguments are wrong."""
    given = arguments(sys.argv[1:])
    try:
        target, load = target_of(given), load_of(given)
    except BadTarget as problem:
        sys.stderr.write(f"ftpd-bench: {problem}\n")
        sys.exit(2)
    raise_file_limit()
    # The module `reactor` is replaced by the reactor when it is imported, which its type does not say.
    running = cast(Any, reactor)  # Any: see above
    found: list[Measurement] = []
    failed: list[Failure] = []
    ground = Ground(reactor=cast(BenchReactor, running), target=target, source=Source(), context=client_context())
    work = Deferred.fromCoroutine(measure(ground, load, given.scenario, given.repeat))
    work.addTimeout(given.timeout, running)
    work.addCallbacks(found.append, failed.append)
    work.addBoth(lambda _: running.callWhenRunning(running.stop))
    running.run()
    sys.exit(show(found, failed, as_json=given.json))


def show(found: Sequence[Measurement], failed: Sequence[Failure], *, as_json: bool) -> int:
    """Print what came out, or what went wrong: the exit status."""
    for failure in failed:
        kind = failure.type.__name__ if failure.type else "failure"
        hint = " (does it run, and may it be read?)" if failure.check(NoProcess, PermissionError) else ""
        late = "no end within --timeout" if failure.check(TimeoutError, CancelledError) else failure.getErrorMessage()
        sys.stderr.write(f"ftpd-bench: {kind}: {late}{hint}\n")
    if as_json:
        sys.stdout.write("".join(json.dumps(one.as_json()) + "\n" for one in found))
    else:
        sys.stdout.write(report(found) if found else "")
    return 0 if found else 1


if __name__ == "__main__":
    main()
