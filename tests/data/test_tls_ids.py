"""Session ids of TLS 1.2: what OpenSSL keeps in its cache of them, and for how long."""

from __future__ import annotations

import gc
import ssl

from twisted.internet.defer import CancelledError

from ftpd_service.values import Direction, Progress
from tests.data.handles import MemoryWriteHandle
from tests.data.loopback import begun, until
from tests.data.tls import OLD, TlsCase, TlsClient


class OldIds(TlsCase):
    """A client of TLS 1.2 that takes no tickets, and goes by session ids."""

    version = OLD

    def setUp(self) -> None:
        """Make it."""
        super().setUp()
        self.context.options |= ssl.OP_NO_TICKET

    async def received(self, *, aborted: bool) -> TlsClient:
        """An upload, to its end or broken off by ABOR."""
        channel = self.make_channel()
        client = await self.tls_connected(channel)
        receiving = begun(channel.receive_file(MemoryWriteHandle(), None))
        client.tcp.write(b"abc")
        await until(lambda: channel.progress() == Progress(direction=Direction.UPLOAD, octets=3, total=None))
        if aborted:
            receiving.cancel()
            await self.assertFailure(receiving, CancelledError)
        else:
            client.close()
            await receiving
        await channel.finish()
        client.leave()
        await channel.reset()
        return client

    async def test_a_session_outlives_an_upload_that_was_broken_off(self) -> None:
        """OpenSSL strikes it out of its cache where a connection is dropped that has not been ended."""
        self.resume = (await self.received(aborted=False)).tls.session
        await self.received(aborted=True)
        gc.collect()
        await self.received(aborted=False)
        self.assertEqual(self.session.judged, [False, True, True])
