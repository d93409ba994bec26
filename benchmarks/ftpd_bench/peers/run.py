"""``python -m ftpd_bench.peers.run``: this server and its peers on this host, side by side, in interleaved rounds.

Writes ``docs/performance-figures.txt``, ``.json`` and, where matplotlib can be had, ``.png``.  As root all peers can
run; servers in Python run as a plain user then, as a kernel gives a plain user's process less room for pipes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

from ftpd_bench.peers.fetch import fetch
from ftpd_bench.peers.hanging import HangingDisk, NotMounted
from ftpd_bench.peers.network import enter
from ftpd_bench.peers.place import NotStarted, Place, Started, make_place, warm_memory
from ftpd_bench.peers.plan import Case, Ground, plan
from ftpd_bench.peers.results import Figures, Results, text
from ftpd_bench.peers.servers import BEFORE, OURS, SERVERS, WITHOUT_TLS, start_ours, versions

PLOT = Path(__file__).resolve().parent / "plot.py"
CASE_SECONDS = 120
HANG_SECONDS = 5.0
WARM_OCTETS = 4 << 30
"""More than the files of a case ever hold at once."""


class Failed(Exception):
    """A case that could not be measured; the text is why."""


class Fleet:
    """The servers of a run: one of each on each kind of ground, started when first needed."""

    def __init__(self, places: dict[Ground, Place], starts: Mapping[str, Callable[..., Started]] = SERVERS) -> None:
        self._places = places
        self._starts = starts
        self._running: dict[tuple[str, Ground], Started] = {}
        self._refused: dict[tuple[str, Ground], str] = {}
        self._disk: HangingDisk | None = None

    def fresh(self, server: str, ground: Ground) -> Started:
        """A new process.

        :raises NotStarted: it did not come up.
        """
        if ground is Ground.TLS and server in WITHOUT_TLS:
            raise NotStarted("it has no TLS")
        if ground is Ground.HANGING and self._disk is None:
            self._disk = mount(self._places[ground])
        return self._starts[server](self._places[ground], tls=ground is Ground.TLS)

    def running(self, server: str, ground: Ground) -> Started:
        """The process that serves all rounds.

        :raises NotStarted: it did not come up, now or before.
        """
        key = server, ground
        if key in self._refused:
            raise NotStarted(self._refused[key])
        if key not in self._running:
            try:
                self._running[key] = self.fresh(server, ground)
            except NotStarted as problem:
                self._refused[key] = str(problem)
                raise
        return self._running[key]

    def stop(self) -> None:
        """End them all; the disk first, as the kernel ends nobody who waits for its answer."""
        if self._disk is not None:
            self._disk.stop()
        for started in self._running.values():
            started.stop()


def mount(place: Place) -> HangingDisk:
    """A disk that hangs, where clients find it.

    :raises NotStarted: it cannot be had.
    """
    place.hanging.mkdir(exist_ok=True)
    library = place.libraries / "libfuse3.so.3"
    try:
        return HangingDisk(
            place.hanging,
            seconds=HANG_SECONDS,
            python=place.python,
            library=library if library.exists() else None,
        )
    except NotMounted as problem:
        raise NotStarted(f"no file can be made to hang: {problem}") from problem


def bench(case: Case, server: Started) -> Figures:
    """Measure a case once.

    :raises Failed: it could not be.
    """
    command = [sys.executable, "-m", "ftpd_bench.main", case.scenario, f"ftp://127.0.0.1:{server.port}/pub"]
    command += [*case.options, "--pid", str(server.pid), "--json", "--timeout", str(CASE_SECONDS)]
    command += ["--explicit-tls"] if case.ground is Ground.TLS else []
    environment = {**os.environ, "FTPD_BENCH_USER": server.user, "FTPD_BENCH_PASSWORD": "bench"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed((done.stderr.strip().splitlines() or ["it said nothing"])[-1].removeprefix("ftpd-bench: "))
    figures: Figures = json.loads(done.stdout)
    return figures


def measure(case: Case, server: str, fleet: Fleet) -> Figures:
    """Measure a case on a server, a fresh one if the case wants that.

    :raises Failed: it could not be.
    :raises NotStarted: the server did not come up.
    """
    if not case.fresh:
        return bench(case, fleet.running(server, case.ground))
    started = fleet.fresh(server, case.ground)
    try:
        return bench(case, started)
    finally:
        started.stop()


def run_rounds(cases: Sequence[Case], servers: Sequence[str], rounds: int, fleet: Fleet, *, warm: Path) -> Results:
    """All rounds: in each, every case, and in each case every server, so that a slow minute is everybody's.

    :param warm: a folder on tmpfs, where memory is warmed before uploads.

    The order is another one each time, as what one leaves behind (caches, freed memory, files that it still holds)
    serves or costs the next.
    """
    results = Results()
    for number in range(rounds):
        for case in cases:
            if case.scenario == "upload":
                warm_memory(warm, WARM_OCTETS)
            for server in Random(f"{number} {case.key}").sample(servers, len(servers)):
                if server in results.missing.get(case.key, {}):
                    continue
                began = time.monotonic()
                try:
                    results.add(case, server, measure(case, server, fleet))
                except (Failed, NotStarted) as problem:
                    results.miss(case, server, str(problem))
                said = results.missing.get(case.key, {}).get(server, "")
                took = time.monotonic() - began
                sys.stderr.write(f"round {number + 1}/{rounds}  {case.title:34} {server:13} {took:5.1f} s  {said}\n")
    return results


def as_json(results: Results, cases: Sequence[Case], names: dict[str, str], rounds: int) -> str:
    """Everything, for the picture and for whoever wants to compare runs."""
    rows = [
        {
            "key": case.key,
            "title": case.title,
            "unit": case.unit,
            "detail": case.detail,
            "shown": {server: results.shown(case, server) for server in names},
            "cost": {server: results.cost(case, server) for server in names},
            "measured": results.measured.get(case.key, {}),
            "missing": results.missing.get(case.key, {}),
        }
        for case in cases
    ]
    return json.dumps({"versions": names, "rounds": rounds, "cases": rows}, indent=1) + "\n"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ftpd_bench.peers.run", description="Measure this server and its peers."
    )
    parser.add_argument("--rounds", type=int, help="5, or 3 with --quick")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a first look")
    parser.add_argument("--only", default="", help="cases by the beginning of their key, with commas between them")
    parser.add_argument("--servers", default=",".join(SERVERS), help="with commas between them")
    parser.add_argument("--before", type=Path, help="twistd of another checkout of this server, to be measured too")
    parser.add_argument("--memory", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs")
    parser.add_argument("--disk", type=Path, help="a folder on a disk, for uploads there, too")
    parser.add_argument("--cache", type=Path, default=Path("run/peers"), help="where the peers are unpacked")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="where the figures go")
    return parser.parse_args()


def write(out: Path, python: Path, report: str, data: str) -> None:
    """Write text, JSON and picture."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "performance-figures.txt").write_text(report)
    source = out / "performance-figures.json"
    source.write_text(data)
    picture = [str(python), str(PLOT), str(source), str(out / "performance-figures.png")]
    done = subprocess.run(picture, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(f"no picture: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}\n")


def main() -> None:
    """Fetch, start, measure, write."""
    given = arguments()
    cache = given.cache.resolve()
    for name, why in fetch(cache).items():
        sys.stderr.write(f"{name} could not be had: {why}\n")
    # Behind what is fetched from other networks.
    network = enter()
    rounds = given.rounds or (3 if given.quick else 5)
    wanted = tuple(given.only.split(","))
    cases = [case for case in plan(quick=given.quick, disk=given.disk is not None) if case.key.startswith(wanted)]
    starts = {name: start for name, start in SERVERS.items() if name == OURS or name in given.servers.split(",")}
    if given.before is not None:
        starts[BEFORE] = partial(start_ours, twistd=given.before.resolve())
    memory = make_place(given.memory, cache)
    places = {Ground.PLAIN: memory, Ground.TLS: memory, Ground.HANGING: make_place(given.memory, cache)}
    if given.disk is not None:
        places[Ground.DISK] = make_place(given.disk, cache)
    fleet = Fleet(places, starts)
    try:
        known = versions(memory)
        names = {server: known.get(server, str(given.before)) for server in starts}
        results = run_rounds(cases, list(starts), rounds, fleet, warm=memory.base)
    finally:
        fleet.stop()
        for place in places.values():
            shutil.rmtree(place.base, ignore_errors=True)
    report = text(results, cases, names, rounds, network)
    write(given.out, memory.python, report, as_json(results, cases, names, rounds))
    sys.stdout.write(report)


if __name__ == "__main__":
    main()
