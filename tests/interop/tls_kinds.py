"""Kinds of TLS clients that no program stands for in the tests, told apart by what they resume and how they end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from tests.interop.tls_server import trusting

SECONDS = 20


class Resumes(Enum):
    """Which TLS session a client presents on a data connection."""

    NOTHING = auto()
    """ftplib as it is."""
    CONTROL = auto()
    """That of the control connection, always."""
    NEWEST = auto()
    """The one that it was given last, on any connection."""
    ONCE = auto()
    """Each ticket once, and none when they have run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a client speaks TLS."""

    resumes: Resumes = Resumes.CONTROL
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    tickets: bool = True
    """Whether it takes tickets under TLS 1.2; without them it goes by session ids."""
    says_goodbye: bool = True
    """Whether it sends close_notify."""

    def context(self) -> ssl.SSLContext:
        """A client of this kind, with nothing remembered."""
        context = trusting(self.version)
        context.minimum_version = self.version
        if not self.tickets:
            context.options |= ssl.OP_NO_TICKET
        return context


def _connected(port: int) -> socket.socket:
    """A connection whose close_notify does not wait for the confirmation of what was sent before."""
    plain = socket.create_connection(("127.0.0.1", port), SECONDS)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain


class KindClient:
    """A session of such a client, logged in, with protected data connections.

    :ivar resumed: of each data connection, whether it has resumed.
    """

    def __init__(self, port: int, kind: Kind) -> None:
        self._kind = kind
        self._context = kind.context()
        plain = _connected(port)
        plain.recv(4096)
        plain.sendall(b"AUTH TLS\r\n")
        plain.recv(4096)
        self._control = self._context.wrap_socket(plain)
        self._lines = self._control.makefile("rb")
        for line in ("USER alice", "PASS secret", "PBSZ 0", "PROT P", "TYPE I"):
            self.say(line)
        self._sessions = [self._control.session]
        self.resumed: list[bool | None] = []

    def close(self) -> None:
        """End the session, without a word."""
        self._lines.close()
        self._control.close()

    def reply(self) -> str:
        """The last line of the next reply; nothing at the end."""
        while line := self._lines.readline().decode():
            if line[:3].isdigit() and line[3:4] == " ":
                return line.rstrip()
        return ""

    def code(self) -> int:
        """The code of the next reply; 0 at the end."""
        return int(self.reply()[:3] or 0)

    def say(self, line: str) -> str:
        """Send a command: its reply."""
        self._control.sendall(line.encode() + b"\r\n")
        return self.reply()

    def begin(self, line: str) -> tuple[int, Connected]:
        """Connect to a new passive port and send a command: the first code of its reply, and the connection."""
        port = int(self.say("EPSV").split("|")[3])
        plain = _connected(port)
        code = int(self.say(line)[:3])
        with plain:
            protected = self._context.wrap_socket(plain, session=self._presented())
        self.resumed.append(protected.session_reused)
        return code, Connected(protected, self._kind, self._given)

    def down(self, line: str) -> tuple[list[int], bytes]:
        """A download or a listing: the codes and the octets."""
        code, connected = self.begin(line)
        data = connected.rest()
        connected.end()
        return [code, *([self.code()] if code == 150 else [])], data

    def up(self, line: str, data: bytes) -> list[int]:
        """An upload: the codes."""
        code, connected = self.begin(line)
        connected.socket.sendall(data)
        connected.end()
        return [code, self.code()]

    def _presented(self) -> ssl.SSLSession | None:
        if self._kind.resumes is Resumes.CONTROL:
            return self._control.session
        if self._kind.resumes is Resumes.NEWEST:
            return self._sessions[-1]
        if self._kind.resumes is Resumes.ONCE and self._sessions:
            return self._sessions.pop()
        return None

    def _given(self, session: ssl.SSLSession | None) -> None:
        if session is not None and session.has_ticket:
            self._sessions.append(session)


class Connected:
    """One protected data connection of a client."""

    def __init__(self, protected: ssl.SSLSocket, kind: Kind, given: Callable[[ssl.SSLSession | None], None]) -> None:
        self.socket = protected
        self._kind = kind
        self._given = given

    def rest(self) -> bytes:
        """All octets up to the server's close_notify."""
        received = b""
        while piece := self.socket.recv(65536):
            received += piece
        return received

    def end(self) -> None:
        """End it as this kind does, and keep the ticket that it has brought."""
        if self._kind.says_goodbye:
            # The server's own comes behind ours on an upload, with the ticket before it.
            # `SSLSocket.unwrap` would forget the session, and that ticket with it.
            inside = self.socket._sslobj  # type: ignore[attr-defined]  # see the line above
            with suppress(OSError):
                inside.shutdown()
        self._given(self.socket.session)
        self.socket.close()
