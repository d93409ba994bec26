"""Clients that change files until their server is killed, and know then which events there have to be.

Each upload of all clients has a size of its own, so that a file and an event show which upload they are.  A client has
paths of its own, whose changes come one after the other, and shares others with all clients.
"""

from __future__ import annotations

import contextlib
import ftplib
import io
import itertools
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHARED = ("/shared/0", "/shared/1", "/shared/2")

EventKey = tuple[str, str, int]
"""The kind, the path and the size of an event."""


@dataclass
class MadeChange:
    """A change that a client has begun.

    :ivar happened: whether it has happened; None while nobody knows.
    """

    kind: str
    path: str
    size: int
    source: str | None = None
    happened: bool | None = None

    @property
    def key(self) -> EventKey:
        """The event that it would be."""
        return self.kind, self.path, self.size

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths whose events come in order."""
        return (self.path,) if self.source is None else (self.source, self.path)


class Sizes:
    """Gives each upload its size.

    :ivar given: the number of uploads that have begun.
    """

    def __init__(self, most: int) -> None:
        self.given = 0
        self._most = most
        self._lock = threading.Lock()

    @property
    def used_up(self) -> bool:
        """Whether no upload is left."""
        return self.given >= self._most

    def next(self) -> int:
        """The size of the next upload."""
        with self._lock:
            self.given += 1
            return self.given


class EventClient:
    """A client.

    :ivar changes: all its changes, in order.
    :ivar wrong: refusals, which nobody expects.
    """

    def __init__(self, number: int, home: Path, sizes: Sizes, *, tls: bool) -> None:
        self.changes: list[MadeChange] = []
        self.wrong: list[str] = []
        self.postponed = 0
        self._own = f"/c{number}"
        self._home = home
        self._sizes = sizes
        self._tls = tls
        self._steps = self._plan()
        (home / f"c{number}").mkdir()

    def work(self, port: int) -> None:
        """Change files until the server is killed, or no upload is left."""
        with contextlib.suppress(OSError, EOFError), self._connected(port) as client:
            while not self._sizes.used_up:
                try:
                    next(self._steps)(client)
                except ftplib.error_temp:
                    # The outbox may be settled behind the start.
                    self.changes[-1].happened = False
                    self.postponed += 1
                except ftplib.Error as problem:
                    self.wrong.append(f"{self.changes[-1]}: {problem}")
                    return

    def _plan(self) -> Iterator[_Step]:
        for serial in itertools.count():
            yield _Store(self, f"{self._own}/new{serial}")
            yield _Store(self, f"{self._own}/same")
            yield _Store(self, SHARED[serial % len(SHARED)])
            yield _Store(self, f"{self._own}/part")
            yield _Rename(self, f"{self._own}/part", f"{self._own}/whole{serial % 3}")
            yield _Store(self, f"{self._own}/same")
            yield _Store(self, f"{self._own}/gone")
            yield _Delete(self, f"{self._own}/gone")

    def store(self, client: ftplib.FTP, path: str) -> None:
        """Upload a file."""
        size = self._sizes.next()
        self._make("uploaded", path, size)
        client.storbinary(f"STOR {path}", io.BytesIO(b"x" * size))
        self.changes[-1].happened = True

    def rename(self, client: ftplib.FTP, source: str, target: str) -> None:
        """Rename a file, if it is there."""
        size = self.size_at(source)
        if size is not None:
            self._make("renamed", target, size, source)
            client.rename(source, target)
            self.changes[-1].happened = True

    def delete(self, client: ftplib.FTP, path: str) -> None:
        """Delete a file, if it is there."""
        size = self.size_at(path)
        if size is not None:
            self._make("deleted", path, size)
            client.delete(path)
            self.changes[-1].happened = True

    def _make(self, kind: str, path: str, size: int, source: str | None = None) -> None:
        self.changes.append(MadeChange(kind, path, size, source))

    def size_at(self, path: str) -> int | None:
        """The size of the file at a path, or None."""
        try:
            return (self._home / path.lstrip("/")).stat().st_size
        except FileNotFoundError:
            return None

    def look(self) -> None:
        """Look on the disk of a server that is dead whether the last change has happened."""
        if not self.changes or self.changes[-1].happened is not None:
            return
        last = self.changes[-1]
        found = self.size_at(last.path)
        if last.kind == "deleted":
            last.happened = found is None
        elif found == last.size:
            last.happened = True
        elif last.path not in SHARED:
            # At a shared path, the file of another client may have come behind it.
            last.happened = False

    def _connected(self, port: int) -> ftplib.FTP:
        client = ftplib.FTP(timeout=20)
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client = ftplib.FTP_TLS(timeout=20, context=context)
        client.connect("127.0.0.1", port)
        client.login("alice", "secret")
        if isinstance(client, ftplib.FTP_TLS):
            client.prot_p()
        return client


@dataclass(frozen=True)
class _Store:
    client: EventClient
    path: str

    def __call__(self, session: ftplib.FTP) -> None:
        self.client.store(session, self.path)


@dataclass(frozen=True)
class _Rename:
    client: EventClient
    source: str
    target: str

    def __call__(self, session: ftplib.FTP) -> None:
        self.client.rename(session, self.source, self.target)


@dataclass(frozen=True)
class _Delete:
    client: EventClient
    path: str

    def __call__(self, session: ftplib.FTP) -> None:
        self.client.delete(session, self.path)


_Step = _Store | _Rename | _Delete
