"""Clients that upload until their server is killed, and know then what may be on its disk.

Each client has files of its own, in a directory with a policy of uploads.  The content of a file is made from a seed
that its first bytes tell, so that a file shows by itself whether it is whole and one client's.
"""

from __future__ import annotations

import contextlib
import ftplib
import io
import random
import ssl
import threading
import time
from pathlib import Path

_BYTES = random.Random(1).randbytes(1 << 19)
LARGEST = 300_000
KEPT = 2


def content(seed: int, size: int) -> bytes:
    """The content of a seed."""
    begin = b"%d:%d;" % (seed, size)
    start = seed * 7919 % (len(_BYTES) - LARGEST)
    return (begin + _BYTES[start : start + size])[:size]


def seed_of(data: bytes) -> int | None:
    """The seed of a whole content, or None."""
    head, colon, rest = data[:40].partition(b":")
    size, semicolon, _ = rest.partition(b";")
    if not (colon and semicolon and head.isdigit() and size.isdigit()):
        return None
    return int(head) if data == content(int(head), int(size)) else None


class Slow(io.BytesIO):
    """A file that is read with pauses, so that a kill meets the midst of it."""

    def __init__(self, data: bytes, chance: random.Random) -> None:
        super().__init__(data)
        self._pauses = chance.choice((0, 0, 0, 0.002, 0.01))

    def read(self, size: int | None = -1) -> bytes:
        if self._pauses:
            time.sleep(self._pauses)
        return super().read(size)


class KilledClient:
    """A client with a file of its own.

    :ivar wrong: what was found that may not be.
    :ivar begun: how many uploads it has begun.
    :ivar refusals: the codes of those that were refused.
    :ivar ended: how many of them were answered by 226.
    """

    account = "atomic"

    def __init__(self, number: int, home: Path, *, tls: bool) -> None:
        self.number = number
        self.name = f"f{number}"
        self.home = home / self.account
        self.wrong: list[str] = []
        self.begun = self.ended = 0
        self.refusals: list[str] = []
        self.tls = tls
        self._serial = 0
        self.chance = random.Random(number)

    def work(self, port: int) -> None:
        """Upload until the server is killed."""
        with contextlib.suppress(OSError, EOFError), self._connected(port) as client:
            try:
                while True:
                    self.step(client)
            except ftplib.Error as problem:
                self.wrong.append(f"{self.name}: {problem}")

    def bear(self, port: int, stop: threading.Event) -> None:
        """Upload until the event, on a disk that fails: after each refusal the file is as it was."""
        while not stop.is_set():
            with contextlib.suppress(OSError, EOFError), self._connected(port) as client:
                while not stop.is_set():
                    self._attempt(client)
            # The server may have closed the data connection before the client has read why.
            self.check()

    def _attempt(self, client: ftplib.FTP) -> None:
        try:
            self.step(client)
        except (ftplib.error_temp, ftplib.error_perm) as problem:
            self.refusals.append(str(problem)[:3])
            self.refused()
            self.check()

    def refused(self) -> None:
        """Take note that the server has refused an upload."""

    def step(self, client: ftplib.FTP) -> None:
        """Make an upload."""
        raise NotImplementedError

    def check(self) -> None:
        """Look at the disk of a server that is dead."""
        raise NotImplementedError

    def next(self) -> bytes:
        """A content that nobody has uploaded yet."""
        self._serial += 1
        size = self.chance.choice((20, 4_000, 60_000, 70_000, LARGEST))
        return content(self.number * 1_000_000 + self._serial, size)

    def send(self, client: ftplib.FTP, verb: str, data: bytes, rest: int | None = None) -> None:
        """Upload."""
        self.begun += 1
        client.storbinary(f"{verb} {self.name}", Slow(data, self.chance), rest=rest)
        self.ended += 1

    def found(self) -> bytes | None:
        """The bytes of its file."""
        path = self.home / self.name
        return path.read_bytes() if path.exists() else None

    def demand(self, right: bool, text: str) -> None:
        """Remember what is wrong."""
        if not right:
            self.wrong.append(f"{self.name}: {text}")

    def _connected(self, port: int) -> ftplib.FTP:
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            secure = ftplib.FTP_TLS(timeout=20, context=context)
            secure.connect("127.0.0.1", port)
            secure.login(self.account, "secret")
            secure.prot_p()
            return secure
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", port)
        client.login(self.account, "secret")
        return client


class Replacing(KilledClient):
    """Replaces its file again and again: the file is the last that was answered by 226, or the one that ran."""

    def __init__(self, number: int, home: Path, *, tls: bool) -> None:
        super().__init__(number, home, tls=tls)
        self.former: bytes | None = None
        self.answered: bytes | None = None
        self.running: bytes | None = None

    def step(self, client: ftplib.FTP) -> None:
        self.running = self.next()
        self.send(client, "STOR", self.running)
        self.former, self.answered, self.running = self.answered, self.running, None

    def refused(self) -> None:
        self.running = None

    def check(self) -> None:
        data = self.found()
        self.demand(data in (self.answered, self.running), "neither the last file nor the one that ran")
        self.demand(data is not None or self.answered is None, "lost")
        if data != self.answered:
            self.former = self.answered
        self.answered, self.running = data, None


class Durable(Replacing):
    """The same with ``durable: true``: a directory that fails to get on the disk may show the new file."""

    account = "durable"

    def refused(self) -> None:
        """Leave both files possible."""


class Keeping(Replacing):
    """The same with ``keep_versions: 2``: the former file is among the versions."""

    account = "keeping"

    def step(self, client: ftplib.FTP) -> None:
        super().step(client)
        self.demand(len(self.versions()) <= KEPT, "too many versions")

    def versions(self) -> list[Path]:
        """Its former files; a kill before the oldest is removed leaves more of them, until the next upload."""
        return list((self.home / ".versions").glob(f"{self.name}.~*~"))

    def check(self) -> None:
        super().check()
        kept = [path.read_bytes() for path in self.versions()]
        self.demand(self.former is None or self.former in kept, "the former file is no version")
        self.demand(all(seed_of(one) is not None for one in kept), "a version is not whole")


class Sharing(KilledClient):
    """Replaces a file that others replace too: it is whole, one client's, and never away."""

    def __init__(self, number: int, home: Path, *, tls: bool) -> None:
        super().__init__(number, home, tls=tls)
        self.name = f"s{number % 2}"
        self.there = False

    def step(self, client: ftplib.FTP) -> None:
        self.send(client, "STOR", self.next())
        self.there = True

    def check(self) -> None:
        data = self.found()
        self.demand(data is not None or not self.there, "lost")
        self.demand(data is None or seed_of(data) is not None, "not whole, or not of one client")


class Growing(KilledClient):
    """Appends: no byte that was answered by 226 is lost, and only bytes of the append that ran are behind them."""

    account = "growing"

    def __init__(self, number: int, home: Path, *, tls: bool) -> None:
        super().__init__(number, home, tls=tls)
        self.data = self.running = b""

    def step(self, client: ftplib.FTP) -> None:
        if len(self.data) > LARGEST:
            (self.home / self.name).unlink()
            self.data = b""
        self.running = self.next()[:20_000]
        self.send(client, "APPE", self.running)
        self.data, self.running = self.data + self.running, b""

    def check(self) -> None:
        found = self.found() or b""
        self.demand(found.startswith(self.data), "appended bytes are lost")
        self.demand((self.data + self.running).startswith(found), "bytes that nobody has sent")
        self.data, self.running = found, b""


class Resuming(KilledClient):
    """Goes on with a broken upload until the file is whole, byte for byte; then it begins the next file.

    :ivar resumed: how often it has gone on.
    """

    account = "in-place"
    whole_only = False

    def __init__(self, number: int, home: Path, *, tls: bool) -> None:
        super().__init__(number, home, tls=tls)
        self.data = self.next()
        self.resumed = 0

    def step(self, client: ftplib.FTP) -> None:
        client.voidcmd("TYPE I")
        try:
            start = client.size(self.name) or 0
        except ftplib.error_perm:
            start = 0
        self.demand(start <= len(self.data), "longer than the file")
        self.resumed += start > 0
        self.send(client, "STOR", self.data[start:], start or None)
        self.demand(self.found() == self.data, "not the file that was sent")
        self.begin()

    def begin(self) -> None:
        """Go over to the next file, and make room for it."""
        (self.home / self.name).unlink(missing_ok=True)
        self.data = self.next()
        self.name = f"f{self.number}-{self._serial}"

    def check(self) -> None:
        found = self.found()
        if found is None:
            return
        self.demand(self.data.startswith(found), "bytes that nobody has sent")
        self.demand(not self.whole_only or found == self.data, "not whole under its name")
        if found == self.data:
            self.begin()


class Resumable(Resuming):
    """The same with ``mode: resumable``: the file has its name only when it is whole."""

    account = "resumable"
    whole_only = True


KINDS = (Replacing, Durable, Keeping, Sharing, Growing, Resuming, Resumable)
POLICIES = {
    "atomic": "{}",
    "durable": "{durable: true}",
    "keeping": f"{{keep_versions: {KEPT}}}",
    "growing": "{}",
    "in-place": "{mode: in-place}",
    "resumable": "{mode: resumable}",
}
"""The policies of the accounts."""


def crowd(home: Path, count: int) -> list[KilledClient]:
    """Clients of all kinds, every fourth of them under TLS."""
    return [KINDS[number % len(KINDS)](number, home, tls=number % 4 == 3) for number in range(count)]
