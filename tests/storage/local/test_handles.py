"""What handles of local files ask of the pool, and what they never do on the reactor."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred, ensureDeferred

from ftpd_service.hook_interfaces import HostFile
from ftpd_service.placed import Due, Placed
from ftpd_service.storage.local.handles import LocalRead, LocalWrite
from ftpd_service.storage.local.quarantine import Quarantine
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.values import Entry, EntryKind, VirtualPath
from tests.cases import SynchronousTestCase

T = TypeVar("T")

FILE = VirtualPath("/f")


class Saturated:
    """A `Blocking` none of whose threads is ever free.

    :ivar due: what was said of each call.
    """

    def __init__(self) -> None:
        self.due: list[Due | None] = []

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        self.due.append(call.due if isinstance(call, Placed) else None)
        await Deferred()
        return call()


class Hidden:
    """An upload that counts how often it is given up."""

    def __init__(self) -> None:
        self.given_up = 0

    def begin(self) -> int:
        """Never asked for here."""
        raise AssertionError

    def ready(self) -> int | None:
        """It might wait."""
        return None

    def weight(self) -> int:
        """Nothing was written."""
        return 0

    def former_size(self) -> int | None:
        """The name is free."""
        return None

    def host_file(self) -> HostFile:
        """Never asked for here."""
        raise AssertionError

    def commit(self) -> None:
        """Never asked for here."""
        raise AssertionError

    def leave(self, directory: int, name: bytes) -> None:
        """Never asked for here."""
        raise AssertionError

    def vanish(self) -> None:
        """Never asked for here."""
        raise AssertionError

    def give_up(self) -> None:
        """Count."""
        self.given_up += 1


class SaturatedTests(SynchronousTestCase):
    """All threads are taken, and the client goes."""

    def setUp(self) -> None:
        self.pool = Saturated()
        self.upload = Hidden()
        system = SystemCalls()
        quarantine = Quarantine(StorageSettings(), system=system, now=lambda: 0.0)
        self.write = LocalWrite(self.pool, system, self.upload, FILE, quarantine)

    def cancelled(self, coroutine: Deferred[T]) -> None:
        """Whoever waits is told so at once."""
        coroutine.cancel()
        self.failureResultOf(coroutine, CancelledError)

    def test_an_upload_is_not_given_up_on_the_reactor(self) -> None:
        """Removing what was written may wait for the very disk that hangs."""
        self.cancelled(ensureDeferred(self.write.abort()))
        self.assertEqual((self.upload.given_up, self.pool.due), (0, [Due.ENDS]))

    def test_a_commit_that_did_not_begin_is_given_up_beside_the_reactor(self) -> None:
        """The same behind a commit."""
        committing = ensureDeferred(self.write.commit())
        committing.cancel()
        committing.cancel()
        self.failureResultOf(committing, CancelledError)
        self.assertEqual((self.upload.given_up, self.pool.due), (0, [Due.CONTINUES, Due.ENDS]))

    def test_what_is_written_is_not_refused_in_the_midst(self) -> None:
        """The transfer waits."""
        self.cancelled(ensureDeferred(self.write.write(bytes(100_000))))
        self.assertEqual(self.pool.due, [Due.CONTINUES])

    def test_a_file_is_not_closed_on_the_reactor(self) -> None:
        """FUSE asks its daemon, and a removed file's blocks are freed."""
        descriptor = os.open(self.mktemp(), os.O_CREAT | os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        entry = Entry(name="f", kind=EntryKind.FILE, size=10, modified_ns=0, mode=0o644)
        reading = LocalRead(self.pool, descriptor, entry, b"", 0)
        self.cancelled(ensureDeferred(reading.read(10)))
        self.cancelled(ensureDeferred(reading.close()))
        self.assertEqual(self.pool.due, [Due.CONTINUES, Due.ENDS])
        os.fstat(descriptor)
