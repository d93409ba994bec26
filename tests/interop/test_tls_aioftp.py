"""aioftp over TLS: trees up and down, byte-exact; it shakes hands on a data connection before it gives the command."""

from __future__ import annotations

import asyncio
import ssl
import sys

import aioftp
from twisted.trial.unittest import SkipTest

from tests.interop.test_tls_libraries import TreeCase
from tests.interop.tls_server import trusting


class AioftpTests(TreeCase):
    """aioftp, which resumes the session of the control connection."""

    resumption = "required"

    def setUp(self) -> None:
        """On a Python whose asyncio can do what aioftp needs."""
        if sys.version_info < (3, 11):
            # 3.10 has no StreamWriter.start_tls, and its streams fail where a TLS peer ends while reading is paused.
            raise SkipTest("asyncio's TLS streams of Python 3.10 are not up to aioftp")
        super().setUp()

    async def round(self, client: aioftp.Client, port: int, upgrade: ssl.SSLContext | None) -> None:
        """The tree up and down in one session."""
        await client.connect("127.0.0.1", port)
        try:
            if upgrade is not None:
                await client.upgrade_to_tls(upgrade)
            await client.login("alice", "secret")
            if upgrade is None:
                await client.command("PBSZ 0", "200")
                await client.command("PROT P", "200")
            await client.change_directory(self.name)
            await client.make_directory("up")
            await client.change_directory("up")
            for part in ("names", "sizes"):
                await client.upload(self.tree / part)
            for part in ("names", "sizes"):
                await client.download(part, str(self.local / "down"))
            await client.quit()
        finally:
            client.close()

    def explicit(self, version: ssl.TLSVersion | None = None) -> None:
        """AUTH TLS."""
        client = aioftp.Client(socket_timeout=20, connection_timeout=20)
        asyncio.run(self.round(client, self.server.required, trusting(version)))
        self.assert_round()

    def test_aioftp_explicit(self) -> None:
        """TLS 1.3: one ticket of the control connection for each data connection."""
        self.explicit()

    def test_aioftp_explicit_by_tls_1_2(self) -> None:
        """The older version."""
        self.explicit(ssl.TLSVersion.TLSv1_2)

    def test_aioftp_implicit(self) -> None:
        """TLS from the first octet on."""
        client = aioftp.Client(socket_timeout=20, connection_timeout=20, ssl=trusting())
        asyncio.run(self.round(client, self.server.implicit, None))
        self.assert_round()
