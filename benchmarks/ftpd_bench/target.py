"""The target of a measurement: a server, its login, and the amount of work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote, urlsplit

_SIZE = re.compile(r"([0-9]+) ?(B|KiB|MiB|GiB)?", re.ASCII)
_UNITS = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Tls(Enum):
    """When the control connection goes over to TLS; data connections follow it with PROT P."""

    OFF = "off"
    EXPLICIT = "explicit"
    IMPLICIT = "implicit"


class BadTarget(Exception):
    """A URL or a size that cannot be read; its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server, as a client sees it.

    :ivar folder: where files are made, relative to where a login ends; empty for that place itself.
    :ivar resume: whether data connections resume the control connection's TLS session.
    :ivar pid: the server's first process on this host, for its costs; None where it runs elsewhere.
    """

    host: str
    port: int
    user: str = "anonymous"
    password: str = "bench@"
    folder: str = ""
    tls: Tls = Tls.OFF
    resume: bool = True
    pid: int | None = None

    def path(self, name: str) -> str:
        """A name in the folder."""
        return f"{self.folder}/{name}" if self.folder else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much is asked of a server.

    :ivar streams: sessions at work at once.
    :ivar size_bytes: of each file.
    :ivar count: files, sessions, commands or rounds in all; entries of the directory that is listed.
    :ivar depth: commands on their way at once in a session.
    :ivar hold_seconds: how long idle sessions are left alone, or others asked while a file hangs.
    :ivar file: what hangs, in the target's folder.
    """

    streams: int = 1
    size_bytes: int = 1 << 20
    count: int = 1
    depth: int = 1
    hold_seconds: float = 1.0
    file: str = ""


def parse_size(text: str) -> int:
    """Bytes of ``4KiB``, ``10 MiB``, ``1GiB`` or a number.

    :raises BadTarget: anything else.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadTarget(f"{text!r} is no size; write 4KiB, 10MiB, 1GiB or a number of bytes")
    return int(found[1]) * _UNITS[found[2]]


def parse_target(url: str, *, explicit: bool = False, resume: bool = True, pid: int | None = None) -> Target:
    """A target from ``ftp://user:password@host:port/folder``; ``ftps:`` is implicit TLS.

    :param explicit: whether AUTH TLS comes first.
    :raises BadTarget: no such URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise BadTarget(f"{url!r}: {problem}") from problem
    if parts.scheme not in ("ftp", "ftps") or not parts.hostname:
        raise BadTarget(f"{url!r} is no ftp://host or ftps://host")
    if explicit and parts.scheme == "ftps":
        raise BadTarget("ftps:// is implicit TLS; explicit TLS goes with ftp://")
    implicit = parts.scheme == "ftps"
    return Target(
        host=parts.hostname,
        port=port or (990 if implicit else 21),
        user=unquote(parts.username or "anonymous"),
        password=unquote(parts.password or "bench@"),
        folder=unquote(parts.path.strip("/")),
        tls=Tls.IMPLICIT if implicit else Tls.EXPLICIT if explicit else Tls.OFF,
        resume=resume,
        pid=pid,
    )
