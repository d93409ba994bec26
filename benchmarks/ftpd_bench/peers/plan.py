"""The cases of a run, each of which is one call of ``ftpd-bench``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Ground(Enum):
    """The needs of a case from the server and the files."""

    PLAIN = "plain"
    DISK = "disk"
    TLS = "tls"
    HANGING = "hanging"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the report.

    :ivar fresh: whether the server is started for this measurement alone, as memory that others left behind counts.
    :ivar detail: a figure of the measurement's details that is shown, smaller being better; None shows the rate.
    """

    key: str
    title: str
    scenario: str
    options: tuple[str, ...]
    ground: Ground = Ground.PLAIN
    fresh: bool = False
    detail: str | None = None

    @property
    def one(self) -> str:
        """One of what the rate counts."""
        return {"entries/s": "entry"}.get(self.unit, self.unit.removesuffix("/s").removesuffix("s"))

    @property
    def unit(self) -> str:
        """The unit of the rate, or the name of the detail."""
        units = {"download": "MiB/s", "upload": "MiB/s", "list": "entries/s", "mlsd": "entries/s", "nlst": "entries/s"}
        usual = {"sessions": "sessions/s", "commands": "commands/s", "idle": "KiB", "latency": "ms", "hang": "ms"}
        return {**units, **usual}.get(self.scenario, "files/s")


def case(key: str, title: str, scenario: str, options: tuple[str, ...], ground: Ground = Ground.PLAIN) -> Case:
    """A case that shows a rate."""
    return Case(key=key, title=title, scenario=scenario, options=options, ground=ground)


def shown(key: str, title: str, scenario: str, options: tuple[str, ...], detail: str) -> Case:
    """A case on plain connections that shows a detail."""
    return Case(key=key, title=title, scenario=scenario, options=options, detail=detail, fresh=scenario == "idle")


def _transfers(large: str, streams: int, each: str, ground: Ground) -> list[Case]:
    where = {Ground.DISK: ", disk", Ground.TLS: ", TLS"}.get(ground, "")
    mark = {Ground.DISK: "disk-", Ground.TLS: "tls-"}.get(ground, "")
    many = ("--streams", str(streams), "--size", each)
    ways = [("upload", "up")] if ground is Ground.DISK else [("download", "down"), ("upload", "up")]
    cases: list[Case] = []
    for scenario, short in ways:
        cases += [
            case(f"{mark}{short}-1", f"1 {scenario}{where}", scenario, ("--size", large), ground),
            case(f"{mark}{short}-{streams}", f"{streams} {scenario}s{where}", scenario, many, ground),
        ]
    return cases


def _hangs() -> list[Case]:
    """The waits of other clients while one client's file hangs, in its reading and in its opening."""
    reading, opening = ("--file", "hang/read/file"), ("--file", "hang/open/file")
    cases = [
        shown("hang-p50", "NOOP p50, a file hangs", "hang", reading, "p50_ms"),
        shown("hang-p99", "NOOP p99, a file hangs", "hang", reading, "p99_ms"),
        shown("hang-small", "a 4 KiB file, a file hangs", "hang", reading, "small_ms"),
        shown("hang-open-p99", "NOOP p99, its opening hangs", "hang", opening, "p99_ms"),
    ]
    return [replace(one, ground=Ground.HANGING) for one in cases]


def plan(*, quick: bool, disk: bool) -> list[Case]:
    """All cases; quick ones are smaller and noisier."""
    large, each, files = ("256MiB", "4MiB", 600) if quick else ("1GiB", "10MiB", 2000)
    small = ("--streams", "4", "--count", str(files))
    few = ("--streams", "4", "--count", str(files // 10))
    cases = _transfers(large, 100, each, Ground.PLAIN)
    cases += _transfers(large, 100, each, Ground.DISK) if disk else []
    idle, noop = ("--streams", str(files // 4)), ("--count", "1000")
    cases += [
        case("small-down", "4 KiB downloads", "small-downloads", small),
        case("small-up", "4 KiB uploads", "small-uploads", small),
        case("list", "LIST of 5,000", "list", ()),
        case("mlsd", "MLSD of 5,000", "mlsd", ()),
        case("nlst", "NLST of 5,000", "nlst", ()),
        case("sessions", "sessions", "sessions", ("--count", str(files // 4))),
        case("commands", "NOOP, 10 sessions", "commands", ("--count", str(files * 10))),
        shown("noop-p50", "NOOP p50, 100 downloads", "latency", noop, "p50_ms"),
        shown("noop-p99", "NOOP p99, 100 downloads", "latency", noop, "p99_ms"),
        shown("idle", "an idle session", "idle", idle, "kib_each"),
    ]
    cases += _hangs()
    cases += _transfers(large, 8, "32MiB" if quick else "128MiB", Ground.TLS)
    resumed, full = "4 KiB downloads, TLS resumed", "4 KiB downloads, TLS not resumed"
    cases += [
        case("tls-small-down", resumed, "small-downloads", few, Ground.TLS),
        case("tls-small-down-full", full, "small-downloads", (*few, "--no-resume"), Ground.TLS),
        replace(shown("tls-idle", "an idle session, TLS", "idle", idle, "kib_each"), ground=Ground.TLS),
    ]
    return cases
