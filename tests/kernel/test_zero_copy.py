"""Bytes that pass by the kernel alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import threading

from ftpd_service.kernel import zero_copy
from ftpd_service.kernel.zero_copy import Pipe, drop_pipe_of_thread, pipe_of_thread
from tests.cases import SynchronousTestCase


class PipeTests(SynchronousTestCase):
    """`Pipe`."""

    def test_a_pipe_takes_more_than_it_is_made_with(self) -> None:
        """A call for every 64 KiB would cost more than the octets; a user who has many pipes is given no more."""
        reader, writer = os.pipe()
        with contextlib.suppress(PermissionError):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, zero_copy.PIPE_BYTES)
        granted = fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
        os.close(reader)
        os.close(writer)
        pipe = Pipe()
        self.addCleanup(pipe.close)
        self.assertEqual(fcntl.fcntl(pipe.writer, fcntl.F_GETPIPE_SZ), granted)

    def test_a_pipe_that_may_not_grow_is_used_as_it_is(self) -> None:
        """The kernel refuses a service that has many, and takes all the same what fits."""
        self.patch(zero_copy, "PIPE_BYTES", 2**31 - 1)
        pipe = Pipe()
        self.addCleanup(pipe.close)
        os.write(pipe.writer, b"data")
        self.assertEqual(os.read(pipe.reader, 100), b"data")

    def test_from_a_socket_into_a_file(self) -> None:
        """In two calls."""
        theirs, ours = socket.socketpair()
        self.addCleanup(theirs.close)
        self.addCleanup(ours.close)
        theirs.send(b"data")
        file = os.memfd_create("test")
        self.addCleanup(os.close, file)
        pipe = Pipe()
        self.addCleanup(pipe.close)
        held = pipe.fill(ours.fileno(), 100)
        self.assertEqual((held, pipe.empty(file, held), os.pread(file, 10, 0)), (4, 4, b"data"))

    def test_a_socket_that_has_nothing_now(self) -> None:
        """Is not waited for: the pipe does not block."""
        theirs, ours = socket.socketpair()
        self.addCleanup(theirs.close)
        self.addCleanup(ours.close)
        ours.setblocking(False)
        pipe = Pipe()
        self.addCleanup(pipe.close)
        with self.assertRaises(BlockingIOError):
            pipe.fill(ours.fileno(), 100)

    def test_a_file_that_takes_no_splice(self) -> None:
        """Refuses by an error that names this; the bytes are still in the pipe."""
        file = os.open(self.mktemp(), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.addCleanup(os.close, file)
        pipe = Pipe()
        self.addCleanup(pipe.close)
        os.write(pipe.writer, b"data")
        with self.assertRaises(OSError) as caught:
            pipe.empty(file, 4)
        self.assertIn(caught.exception.errno, zero_copy.UNSUPPORTED)
        self.assertEqual(pipe.take(4), b"data")

    def test_a_file_that_takes_nothing(self) -> None:
        """Fails instead of going on for ever."""
        self.patch(os, "splice", lambda *arguments, **named: 0)
        pipe = Pipe()
        self.addCleanup(pipe.close)
        with self.assertRaises(OSError):
            pipe.empty(1, 4)

    def test_each_thread_has_a_pipe(self) -> None:
        """Another thread has another pipe, and the same thread the same pipe again."""
        pipes: list[Pipe] = []
        thread = threading.Thread(target=lambda: pipes.append(pipe_of_thread()))
        thread.start()
        thread.join()
        self.addCleanup(drop_pipe_of_thread)
        self.assertIs(pipe_of_thread(), pipe_of_thread())
        self.assertNotIn(pipe_of_thread(), pipes)

    def test_a_dropped_pipe(self) -> None:
        """Is closed, and another pipe takes its place."""
        first = pipe_of_thread()
        drop_pipe_of_thread()
        self.addCleanup(drop_pipe_of_thread)
        with self.assertRaises(OSError):
            os.write(first.writer, b"data")
        self.assertIsNot(pipe_of_thread(), first)
