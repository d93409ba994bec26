"""A clamd whose connections are in memory, and a settled file."""

from __future__ import annotations

import os
import socket
from typing import Any, cast

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.interfaces import IReadDescriptor, IReadHandle
from ftpd_service.values import ByteRange, Entry
from ftpd_service.verdict_interfaces import IJudgedFile


class FakeConnection:
    """A transport that keeps what is sent."""

    def __init__(self, protocol: Protocol, *, flows: bool) -> None:
        self.sent = b""
        self.kernel, self.end = socket.socketpair()
        """The socket of the transport, and that of clamd."""
        self.aborted = False
        self.flows = flows
        self._protocol = protocol
        self._producer: Any = None  # Any: a producer of any kind

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Take the producer."""
        assert not streaming
        self._producer = producer

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self.sent += data
        if self.flows:
            self.flow()

    def flow(self) -> None:
        """Let the kernel take everything."""
        self._producer.resumeProducing()

    def getHandle(self) -> socket.socket:
        """The socket."""
        return self.kernel

    def passed(self) -> tuple[bytes, int]:
        """The bytes that came with a descriptor, and the inode of its file."""
        data, descriptors, _, _ = socket.recv_fds(self.end, 100, 10)
        (descriptor,) = descriptors
        inode = os.fstat(descriptor).st_ino
        os.close(descriptor)
        return data, inode

    def abortConnection(self) -> None:
        """Close."""
        self.aborted = True
        self.kernel.close()
        self.end.close()

    def say(self, answer: bytes) -> None:
        """Answer."""
        self._protocol.dataReceived(answer)

    def lose(self) -> None:
        """Close from clamd's side."""
        self._protocol.connectionLost(Failure(ConnectionDone()))


@implementer(IStreamClientEndpoint)
class FakeClamd:
    """The endpoint: it connects at once, or fails, or waits."""

    def __init__(self) -> None:
        self.connections: list[FakeConnection] = []
        self.flows = True
        self.broken = False
        """Whether clamd closes a connection as soon as it is there."""
        self.problem: Exception | None = None
        self.waiting: Deferred[Any] | None = None  # Any: of the protocol
        """Set by a test: the connection that does not come."""

    def close(self) -> None:
        """Close all sockets."""
        for connection in self.connections:
            connection.kernel.close()
            connection.end.close()

    def connect(self, factory: IProtocolFactory) -> Deferred[Any]:  # Any: as Twisted's
        """Connect."""
        if self.problem is not None:
            return fail(self.problem)
        if self.waiting is not None:
            return self.waiting
        protocol = cast(Protocol, factory.buildProtocol(cast(Any, None)))  # Any: nobody looks at the address
        connection = FakeConnection(protocol, flows=self.flows)
        self.connections.append(connection)
        if self.broken:
            connection.end.close()
        protocol.makeConnection(cast(Any, connection))  # Any: it has what is used
        return succeed(protocol)


@implementer(IReadHandle)
class FakeRead:
    """The handle of a file in memory."""

    def __init__(self, data: bytes) -> None:
        self.closed = False
        self.most = 0
        """The largest number of bytes that were asked for at once."""
        self._data = data

    def entry(self) -> Entry:
        """Not asked for."""
        raise NotImplementedError

    def first(self) -> bytes:
        """A few bytes."""
        first, self._data = self._data[:4], self._data[4:]
        return first

    async def read(self, count: int) -> bytes:
        """The next bytes."""
        self.most = max(self.most, count)
        data, self._data = self._data[:count], self._data[count:]
        return data

    async def close(self) -> None:
        """Close."""
        self.closed = True


@implementer(IReadDescriptor)
class FakeDescriptor(FakeRead):
    """A handle with a descriptor."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.opened = os.open(os.devnull, os.O_RDONLY)

    def descriptor(self) -> int:
        """The descriptor."""
        return self.opened

    async def close(self) -> None:
        """Close."""
        if not self.closed:
            os.close(self.opened)
        await super().close()

    def range(self) -> ByteRange:
        """Not asked for."""
        raise NotImplementedError


@implementer(IJudgedFile)
class FakeFile:
    """A settled file."""

    def __init__(self, data: bytes = b"some bytes", *, kind: type[FakeRead] = FakeDescriptor) -> None:
        self.size = len(data)
        self.handles: list[FakeRead] = []
        self.problem: Exception | None = None
        self._data = data
        self._kind = kind

    async def open(self) -> IReadHandle:
        """Open it."""
        if self.problem is not None:
            raise self.problem
        handle = self._kind(self._data)
        self.handles.append(handle)
        return handle
