"""The stage `clamd` with a real clamd: descriptors, streams by both kinds of sockets, and a clamd that is not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.posixbase import PosixReactorBase
from zope.interface import implementer

from ftpd_service.hooks.clamd import Clamd, endpoint_of
from ftpd_service.hooks.stage_settings import ClamdMode, ClamdStage
from ftpd_service.interfaces import IReadDescriptor, IReadHandle
from ftpd_service.values import ByteRange, Entry
from ftpd_service.verdict_interfaces import ACCEPTED, IJudgedFile, Judgment, Ruling, StageFailed
from tests.cases import TestCase
from tests.hooks.test_clamd import UPLOAD
from tests.integration.clamd_server import EICAR, EICAR_NAME, MARK, MARK_NAME, STREAM_BYTES, clamd


@implementer(IReadDescriptor)
class _Handle:
    """A handle of a file on the disk, whose first bytes were read."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self._first = os.read(self._descriptor, 10)

    def entry(self) -> Entry:
        """Not asked for."""
        raise NotImplementedError

    def first(self) -> bytes:
        """The first bytes."""
        return self._first

    async def read(self, count: int) -> bytes:
        """The next bytes."""
        return os.read(self._descriptor, count)

    def descriptor(self) -> int:
        """The descriptor."""
        return self._descriptor

    def range(self) -> ByteRange:
        """Not asked for."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


@implementer(IJudgedFile)
class _File:
    """A file on the disk."""

    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        self.size = path.write_bytes(content)

    async def open(self) -> IReadHandle:
        """Open it."""
        handle: IReadHandle = _Handle(self._path)
        return handle


class RealClamdTests(TestCase):
    """All ways in which a file comes to clamd."""

    def judging(self, content: bytes, address: str | None = None, **more: Any) -> Deferred[Judgment]:  # Any: settings
        """Begin a scan, which is by the UNIX socket unless an address says otherwise."""
        address = clamd().path if address is None else address
        stage = Clamd(
            ClamdStage(id="scan", address=address, **more), endpoint_of(address, cast(PosixReactorBase, reactor))
        )
        return Deferred.fromCoroutine(stage.judge(UPLOAD, _File(Path(self.mktemp()), content)))

    async def both(self, address: str | None = None, **more: Any) -> None:  # Any: of the settings
        """A clean file is accepted, and others are refused by name."""
        self.assertEqual(await self.judging(b"clean" * 100_000, address, **more), ACCEPTED)
        self.assertEqual(await self.judging(b"", address, **more), ACCEPTED)
        for content, name in ((EICAR, EICAR_NAME), (b"x" * 300_000 + MARK, MARK_NAME)):
            judgment = await self.judging(content, address, **more)
            self.assertEqual((judgment.ruling, judgment.text), (Ruling.REFUSE, f"{name} found"))

    async def failed(self, judging: Deferred[Judgment]) -> str:
        """The text of a stage that failed."""
        failure: Any = await self.assertFailure(judging, StageFailed)  # Any: as Twisted declares it
        return str(failure)

    async def test_descriptors(self) -> None:
        """Clamd reads the whole file by the descriptor, whose first bytes were read before."""
        await self.both(mode=ClamdMode.FILDES)

    async def test_stream(self) -> None:
        """Clamd gets all bytes, in chunks, by the UNIX socket."""
        await self.both(mode=ClamdMode.INSTREAM)

    async def test_stream_by_tcp(self) -> None:
        """Clamd gets all bytes, in chunks, by TCP."""
        await self.both(f"tcp:127.0.0.1:{clamd().port}")

    async def test_stream_that_is_too_long(self) -> None:
        """It fails the stage, whether clamd's answer comes or the connection ends before."""
        for address in (None, f"tcp:127.0.0.1:{clamd().port}"):
            content = b"x" * (STREAM_BYTES + 3_000_000)
            text = await self.failed(self.judging(content, address, mode=ClamdMode.INSTREAM))
            self.assertRegex(text, "StreamMaxLength|closed")

    async def test_clamd_that_hangs(self) -> None:
        """A scan that is given up leaves no connection, and clamd works when it goes on."""
        clamd().hang()
        try:
            judging = self.judging(EICAR)
            cast(PosixReactorBase, reactor).callLater(0.05, judging.cancel)
            await self.assertFailure(judging, CancelledError)
        finally:
            clamd().go_on()
        self.assertEqual((await self.judging(EICAR)).ruling, Ruling.REFUSE)

    async def test_clamd_that_restarts(self) -> None:
        """The stage fails while clamd is down, and works when it is back."""
        clamd().end()
        try:
            for address in (clamd().path, f"tcp:127.0.0.1:{clamd().port}"):
                self.assertIn("no connection to clamd", await self.failed(self.judging(EICAR, address)))
        finally:
            clamd().run()
        self.assertEqual((await self.judging(EICAR)).ruling, Ruling.REFUSE)
