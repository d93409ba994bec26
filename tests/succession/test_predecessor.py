"""The older process, as its successor sees it."""

from __future__ import annotations

import contextlib
import os
import socket

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.task import deferLater

from ftpd_service.succession.handover_text import (
    HANDOVER_VARIABLE,
    BrokenHandover,
    Handover,
    PassedSocket,
    written_handover,
)
from ftpd_service.succession.predecessor import Predecessor, PredecessorGone, predecessor_of, sockets_at_start
from tests.cases import SynchronousTestCase, TestCase
from tests.succession.listening_sockets import listening


class PredecessorOfTests(SynchronousTestCase):
    """The environment of a process."""

    def test_process_that_an_operator_starts(self) -> None:
        """It has no predecessor."""
        self.assertIsNone(predecessor_of({"PATH": "/bin"}, None))

    def test_variable_is_removed_and_descriptors_are_kept_from_programs(self) -> None:
        """Programs that the server starts, such as checkers, get neither."""
        mine, theirs = socket.socketpair()
        self.addCleanup(mine.close)
        passed = os.dup(listening(self.addCleanup).fileno())
        errors = os.dup(2)
        channel = theirs.detach()
        for descriptor in (passed, errors, channel):
            os.set_inheritable(descriptor, True)
        handover = Handover(channel=channel, errors=errors, sockets=(PassedSocket(descriptor=passed),))
        environ = {HANDOVER_VARIABLE: written_handover(handover)}
        predecessor = predecessor_of(environ, None)
        assert predecessor is not None
        self.addCleanup(os.close, errors)
        self.addCleanup(os.close, passed)
        self.assertEqual(environ, {})
        self.assertEqual([os.get_inheritable(number) for number in (passed, errors, channel)], [False] * 3)
        self.assertEqual(sockets_at_start(predecessor).rest, handover.sockets)

    def test_descriptor_that_is_not_open(self) -> None:
        """The variable is from another process."""
        environ = {HANDOVER_VARIABLE: written_handover(Handover(channel=9998, errors=9999))}
        self.assertRaises(BrokenHandover, predecessor_of, environ, None)


class TurnTests(TestCase):
    """The words between both processes, over a real pair of sockets."""

    def setUp(self) -> None:
        assert isinstance(reactor, PosixReactorBase)
        self.reactor = reactor
        self.mine, theirs = socket.socketpair()
        self.addCleanup(self.mine.close)
        self.read, write = os.pipe()
        self.addCleanup(os.close, self.read)
        environ = {HANDOVER_VARIABLE: written_handover(Handover(channel=theirs.detach(), errors=write))}
        predecessor = predecessor_of(environ, None)
        assert predecessor is not None
        self.predecessor: Predecessor = predecessor
        self.errors = write

    def turn(self) -> Deferred[None]:
        """Be ready."""
        return Deferred.fromCoroutine(self.predecessor.turn(self.reactor))

    async def test_process_that_shall_serve(self) -> None:
        """It says that it is ready, waits, serves, and takes the standard error of the older process over."""
        former = os.dup(2)
        self.addCleanup(os.close, former)
        self.addCleanup(os.dup2, former, 2)
        turn = self.turn()
        waited = not turn.called
        self.mine.sendall(b"serve\n")
        await turn
        self.predecessor.serving()
        os.write(2, b"a line")
        os.dup2(former, 2)
        said = b""
        while not said.endswith(b"serving\n"):
            await deferLater(self.reactor, 0)
            with contextlib.suppress(BlockingIOError):
                said += self.mine.recv(99, socket.MSG_DONTWAIT)
        self.assertEqual((waited, os.read(self.read, 99)), (True, b"a line"))
        self.assertEqual(said, b"ready %d\nserving\n" % os.getpid())

    async def test_process_that_is_given_up(self) -> None:
        """It learns of that from the end of the channel."""
        self.addCleanup(os.close, self.errors)
        turn = self.turn()
        self.mine.close()
        with self.assertRaises(PredecessorGone):
            await turn

    async def test_process_id_of_a_start(self) -> None:
        """It is told before the reactor runs, so that a process that hangs can be killed."""
        self.addCleanup(os.close, self.errors)
        self.predecessor.starting()
        self.assertEqual(self.mine.recv(99), b"starting %d\n" % os.getpid())
        turn = self.turn()
        self.mine.close()
        with self.assertRaises(PredecessorGone):
            await turn
