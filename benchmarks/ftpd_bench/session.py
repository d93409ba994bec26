"""A client's session: logged in, and then one transfer or command after the other."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TypeVar

from ftpd_bench.control import ControlConnection, dial
from ftpd_bench.data import Counting, DataConnection, Discarding, Sending, Source
from ftpd_bench.reactor import BenchReactor
from ftpd_bench.replies import BadReply, Reply, epsv_port, pasv_port
from ftpd_bench.target import Target, Tls
from ftpd_bench.tls import TlsEnd
from ftpd_bench.tls_data import TlsCounting, TlsDiscarding, TlsSending

Data = TypeVar("Data", bound=DataConnection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The settings that all sessions of a run share."""

    reactor: BenchReactor
    target: Target
    source: Source
    context: ssl.SSLContext


_DECRYPTED_BYTES = 1 << 20
"""Files below this are decrypted: they cost little, and the end of one that is discarded is only guessed."""


class Session:
    """One session; made by `log_in`.

    :ivar resumed: data connections that took up the control connection's TLS session.
    """

    def __init__(self, ground: Ground, control: ControlConnection) -> None:
        self.control = control
        self.resumed = 0
        self._ground = ground
        self._host = str(control.transport.getPeer().host)
        self._passive = "EPSV"

    async def retrieve(self, name: str, size_bytes: int) -> int:
        """RETR a file of that size and discard it; return its bytes (under TLS, for a large file, those of the
        records).
        """
        address = await self._address()
        reactor = self._ground.reactor
        tls = self._data_tls()
        if tls is None:
            return (await self._transfer(f"RETR {name}", Discarding(reactor, address))).octets
        if size_bytes < _DECRYPTED_BYTES:
            return (await self._transfer(f"RETR {name}", TlsCounting(reactor, address, tls))).octets
        return (await self._transfer(f"RETR {name}", TlsDiscarding(reactor, address, tls, size_bytes))).octets

    async def store(self, name: str, size_bytes: int) -> int:
        """STOR a number of bytes."""
        address = await self._address()
        reactor = self._ground.reactor
        tls = self._data_tls()
        data = (
            Sending(reactor, address, self._ground.source, size_bytes)
            if tls is None
            else TlsSending(reactor, address, tls, size_bytes)
        )
        return (await self._transfer(f"STOR {name}", data)).octets

    async def rows(self, verb: str, name: str) -> int:
        """LIST, NLST or MLSD a directory: the rows that came."""
        address = await self._address()
        reactor = self._ground.reactor
        tls = self._data_tls()
        if tls is None:
            return (await self._transfer(f"{verb} {name}", Counting(reactor, address))).rows
        return (await self._transfer(f"{verb} {name}", TlsCounting(reactor, address, tls))).rows

    async def try_command(self, line: str) -> Reply:
        """Send a line whose refusal is an answer, too."""
        self.control.send(line)
        return await self.control.reply()

    async def command_text(self, line: str) -> str:
        """Send a line: its reply's text.

        :raises BadReply: it is refused.
        """
        return (await self.control.command(line)).text.strip()

    async def quit(self) -> None:
        """QUIT, wait for the answer, and close."""
        await self.control.command("QUIT")
        self.control.transport.loseConnection()
        await self.control.ended

    async def _address(self) -> tuple[str, int]:
        """Where the next data connection goes: EPSV, or PASV where the server knows no EPSV."""
        if self._passive == "EPSV":
            reply = await self.try_command("EPSV")
            if reply.code == 229:
                return self._host, epsv_port(reply.text)
            self._passive = "PASV"
        reply = await self.control.command("PASV")
        return self._host, pasv_port(reply.text)

    def _data_tls(self) -> TlsEnd | None:
        """TLS for the next data connection, if there is any on the control connection."""
        control = self.control.tls
        if control is None:
            return None
        session = control.session if self._ground.target.resume else None
        return TlsEnd(self._ground.context, self._ground.target.host, session)

    async def _transfer(self, line: str, data: Data) -> Data:
        """Send the verb while the data connection is on its way, and wait for both ends of the transfer.

        :raises BadReply: the server refused, or the transfer failed.
        """
        self.control.send(line)
        try:
            first = await self.control.reply()
            if not first.preliminary:
                raise BadReply(f"{line} was answered {first}")
            await data.ended
        finally:
            data.close()
        await self.control.positive(line)
        if isinstance(data, (TlsDiscarding, TlsSending, TlsCounting)):
            self.resumed += data.tls.resumed
        return data


async def log_in(ground: Ground) -> Session:
    """Connect, go over to TLS if that is asked for, log in, and choose TYPE I.

    :raises BadReply: the server refuses.
    """
    target = ground.target
    control = await dial(ground.reactor, target.host, target.port)
    try:
        await _greet(ground, control)
    except BaseException:
        control.transport.abortConnection()
        await control.ended
        raise
    return Session(ground, control)


async def _greet(ground: Ground, control: ControlConnection) -> None:
    target = ground.target
    if target.tls is Tls.IMPLICIT:
        await control.start_tls(TlsEnd(ground.context, target.host))
    await control.positive("connecting")
    if target.tls is Tls.EXPLICIT:
        await control.command("AUTH TLS")
        await control.start_tls(TlsEnd(ground.context, target.host))
    if (await control.command(f"USER {target.user}")).code == 331:
        await control.command(f"PASS {target.password}")
    if target.tls is not Tls.OFF:
        await control.command("PBSZ 0")
        await control.command("PROT P")
    await control.command("TYPE I")
