"""Real clients go on with broken uploads of the mode resumable, and the file is byte-exact."""

from __future__ import annotations

import asyncio
import atexit
import ftplib
import io
import shutil
import signal
import socket
import struct
from functools import lru_cache
from pathlib import Path

import aioftp
from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run
from tests.interop.trees import octets

CONTENT = octets(3_000_000)
PART = 1_200_000


def write(server: Server) -> None:
    """Write a configuration with two accounts that have one home."""
    server.configuration.write_text(
        f"listeners: [{{endpoint: 'tcp:{server.port}:interface=127.0.0.1'}}]\n"
        "accounts:\n"
        "  alice: {password: '{plain}secret', home: home, permissions: all}\n"
        "  bob: {password: '{plain}secret', home: home, permissions: all}\n"
        "uploads: {mode: resumable}\n"
    )


@lru_cache(maxsize=1)
def shared_server() -> Server:
    """One server for all tests that do not end it; it ends with the test run."""
    server = Server()
    atexit.register(server.stop)
    write(server)
    server.start()
    return server


def connected(server: Server, account: str = "alice") -> ftplib.FTP:
    """A session of an account, in TYPE I."""
    client = ftplib.FTP(timeout=20)
    client.connect("127.0.0.1", server.port)
    client.login(account, "secret")
    client.voidcmd("TYPE I")
    return client


def reset(connection: socket.socket) -> None:
    """End a connection by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class ResumedCase(SynchronousTestCase):
    """A server; each test has a directory of its own."""

    def setUp(self) -> None:
        self.server = shared_server()
        self.begin()

    def begin(self) -> None:
        """Make the directories of the test on both sides."""
        name = self.id().rpartition(".")[2]
        self.remote = self.server.home / name
        self.remote.mkdir()
        self.local = self.server.folder / f"local-{name}"
        self.local.mkdir()
        self.source = self.local / "file"
        self.source.write_bytes(CONTENT)
        self.path = f"/{name}/file"

    def wanted(self, program: str) -> None:
        """Skip the test without a program."""
        if shutil.which(program) is None:
            raise SkipTest(f"{program} is not installed; .ci/run installs it")

    def session(self, account: str = "alice") -> ftplib.FTP:
        """A session that ends with the test."""
        client = connected(self.server, account)
        self.addCleanup(client.close)
        return client

    def size(self, client: ftplib.FTP) -> int | None:
        """The answer to SIZE; None for 550."""
        try:
            return client.size(self.path)
        except ftplib.error_perm:
            return None

    def broken(self, content: bytes = CONTENT[:PART], account: str = "alice") -> None:
        """Break an upload: once the server has all bytes, the data connection is reset."""
        client = self.session(account)
        connection = client.transfercmd(f"STOR {self.path}")
        connection.sendall(content)
        watch = self.session(account)
        while self.size(watch) != len(content) - 1:
            pass
        reset(connection)
        self.assertRaises(ftplib.error_temp, client.voidresp)

    def succeed(self, *command: str, cwd: Path | None = None) -> None:
        """Run a client that must succeed."""
        done = run(*command, cwd=None if cwd is None else str(cwd))
        text = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, 0, f"{command}: {text}")

    def check(self) -> None:
        """Demand that the file is there, whole, and nothing else."""
        self.assertEqual(sorted(one.name for one in self.remote.iterdir()), ["file"])
        self.assertTrue((self.remote / "file").read_bytes() == CONTENT)


class ResumedByClients(ResumedCase):
    """Clients that resume an upload."""

    def test_curl(self) -> None:
        """``-C -``: SIZE, then APPE."""
        self.wanted("curl")
        self.broken()
        self.succeed("curl", "-sS", "-C", "-", "-T", str(self.source), f"{self.server.url}{self.path[1:]}")
        self.check()

    def test_curl_if_only_the_end_is_missing(self) -> None:
        """curl sends nothing if SIZE is that of its file; the last byte is not shown, so it ends the upload."""
        self.wanted("curl")
        self.broken(CONTENT)
        self.succeed("curl", "-sS", "-C", "-", "-T", str(self.source), f"{self.server.url}{self.path[1:]}")
        self.check()

    def test_lftp(self) -> None:
        """``put -c``: SIZE and MDTM, then REST and STOR."""
        self.wanted("lftp")
        self.broken()
        script = f"set net:max-retries 1; cd {self.remote.name}; put -c {self.source}; exit"
        self.succeed("lftp", "-e", script, self.server.url)
        self.check()

    def test_lftp_if_only_the_end_is_missing(self) -> None:
        """As with curl."""
        self.wanted("lftp")
        self.broken(CONTENT)
        script = f"set net:max-retries 1; cd {self.remote.name}; put -c {self.source}; exit"
        self.succeed("lftp", "-e", script, self.server.url)
        self.check()

    def test_lftp_resumes_a_download(self) -> None:
        """``reget`` of the file that was resumed."""
        self.wanted("lftp")
        self.broken()
        client = self.session()
        client.storbinary(f"APPE {self.path}", io.BytesIO(CONTENT[PART - 1 :]))
        self.source.write_bytes(CONTENT[:PART])
        self.succeed("lftp", "-e", f"cd {self.remote.name}; reget file; exit", self.server.url, cwd=self.local)
        self.assertTrue(self.source.read_bytes() == CONTENT)

    def test_ftplib(self) -> None:
        """REST at the size, and STOR."""
        self.broken()
        client = self.session()
        shown = client.size(self.path)
        assert shown is not None
        client.storbinary(f"STOR {self.path}", io.BytesIO(CONTENT[shown:]), rest=shown)
        self.check()

    def test_aioftp(self) -> None:
        """The size from MLST, and its upload stream with an offset."""
        self.broken()
        asyncio.run(self._by_aioftp())
        self.check()

    async def _by_aioftp(self) -> None:
        async with aioftp.Client.context("127.0.0.1", self.server.port, "alice", "secret") as client:
            shown = int((await client.stat(self.path))["size"])
            async with client.upload_stream(self.path, offset=shown) as stream:
                await stream.write(CONTENT[shown:])

    def test_the_order_of_filezilla(self) -> None:
        """SIZE, MDTM, then APPE, on a connection that has listed the directory before."""
        self.broken()
        client = self.session()
        rows: list[str] = []
        client.cwd(f"/{self.remote.name}")
        client.retrlines("MLSD", rows.append)
        self.assertTrue(any(f"size={PART - 1};" in row and row.endswith(" file") for row in rows), rows)
        client.voidcmd("TYPE I")
        shown = client.size("file")
        assert shown is not None
        self.assertTrue(client.sendcmd("MDTM file").startswith("213 "))
        client.storbinary("APPE file", io.BytesIO(CONTENT[shown:]))
        self.check()


class TwoAccounts(ResumedCase):
    """Two accounts with one home."""

    def test_each_sees_and_resumes_its_own(self) -> None:
        """And never the other's."""
        alice, bob = self.session(), self.session("bob")
        self.broken(b"a" * 500_000)
        self.assertEqual((self.size(alice), self.size(bob)), (499_999, None))
        self.broken(CONTENT[:PART], "bob")
        self.assertEqual((self.size(alice), self.size(bob)), (499_999, PART - 1))
        bob.storbinary(f"APPE {self.path}", io.BytesIO(CONTENT[PART - 1 :]))
        self.assertEqual((self.size(alice), self.size(bob)), (len(CONTENT), len(CONTENT)))
        alice.nlst(f"/{self.remote.name}")
        self.check()


class Restarted(ResumedCase):
    """The server is killed."""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.stop)
        write(self.server)
        self.server.start()
        self.begin()

    def test_an_upload_is_resumed_after_sigkill(self) -> None:
        """Byte-exact, from the size that the new process tells."""
        client = connected(self.server)
        connection = client.transfercmd(f"STOR {self.path}")
        connection.sendall(CONTENT[:PART])
        watch = self.session()
        while not self.size(watch):
            pass
        self.server.signal(signal.SIGKILL)
        self.server.wait()
        connection.close()
        client.close()
        self.server.start()
        again = self.session()
        shown = self.size(again)
        assert shown is not None
        again.storbinary(f"STOR {self.path}", io.BytesIO(CONTENT[shown:]), rest=shown)
        self.check()
