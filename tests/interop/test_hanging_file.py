"""One client's file hangs, for real: a FUSE file system below the server does not answer.  Nobody else may notice.

What runs on the reactor must never wait for a file: ``storage/at_hand.py`` opens there only what the kernel has in
memory, on file systems that ask no other program.  So names are made known to the kernel first: what it has to ask for
goes to the pool anyhow.
"""

from __future__ import annotations

import ftplib
import os
import signal
import socket

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from ftpd_bench.peers.hanging import HangingDisk, NotMounted
from tests.interop.server import Server
from tests.interop.trees import octets

HANG_SECONDS = 60.0
"""Longer than everything that is waited for here."""
BOUND_SECONDS = 5.0
"""For each answer that must not wait; a busy machine takes a while, too.  docs/performance.rst has the figures."""
WHOLE = 1 << 20
"""The size of a file that hangs."""


class HangingCase(SynchronousTestCase):
    """A server whose account alice has a hanging disk in its home, ``hang``; it is the whole home of dora's.

    The home of carol's is a directory on it whose lookup hangs.
    """

    def setUp(self) -> None:
        """Mount it, and start the server."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        (self.server.home / "ordinary").write_bytes(octets(4096))
        folder = self.server.home / "hang"
        folder.mkdir()
        try:
            self.disk = HangingDisk(folder, seconds=HANG_SECONDS)
        except NotMounted as problem:
            raise SkipTest(f"no FUSE: {problem}") from problem
        self.addCleanup(self.disk.stop)
        self.server.configuration.write_text(
            f"listeners: [{{endpoint: 'tcp:{self.server.port}:interface=127.0.0.1'}}]\n"
            "accounts:\n"
            "  alice: {password: '{plain}secret', home: home, permissions: all}\n"
            "  carol: {password: '{plain}secret', home: home/hang/lookup/home, permissions: all}\n"
            "  dora: {password: '{plain}secret', home: home/hang, permissions: all}\n"
            "limits: {drain_timeout: 0.1s}\n"
        )
        self.server.start()
        self.other = self.client("alice")
        self.retrieve_ordinary(self.other)

    def connect(self) -> ftplib.FTP:
        """A client that is greeted."""
        client = ftplib.FTP(timeout=BOUND_SECONDS)
        self.addCleanup(client.close)
        client.connect("127.0.0.1", self.server.port)
        return client

    def client(self, account: str) -> ftplib.FTP:
        """A client that is logged in, with TYPE I."""
        client = self.connect()
        client.login(account, "secret")
        client.voidcmd("TYPE I")
        return client

    def retrieve_ordinary(self, client: ftplib.FTP) -> None:
        """RETR of a file on an ordinary disk."""
        received: list[bytes] = []
        client.retrbinary("RETR ordinary", received.append)
        self.assertEqual(b"".join(received), octets(4096))

    def begin(self, account: str, line: str) -> tuple[ftplib.FTP, socket.socket]:
        """Send a line and wait for no answer."""
        client = self.client(account)
        data = socket.create_connection(client.makepasv(), timeout=BOUND_SECONDS)
        self.addCleanup(data.close)
        client.putcmd(line)
        return client, data

    def know(self, name: str) -> None:
        """Have the kernel look the file up, so that opening it asks for nothing but the opening."""
        os.stat(self.disk.folder / name)

    def learn_mount(self) -> None:
        """Have the server meet that file system, as it sends to the pool whatever is on one that it has not met."""
        pieces: list[bytes] = []
        self.client("dora").retrbinary("RETR ordinary", pieces.append)
        self.assertEqual(b"".join(pieces), bytes(4096))

    def check_others(self) -> None:
        """Who is logged in and who comes now are both served; each answer is in time or raises."""
        for client in (self.other, self.client("alice")):
            self.assertTrue(client.voidcmd("NOOP").startswith("200"))
            self.retrieve_ordinary(client)


class OthersTests(HangingCase):
    """NOOP, RETR and login of others meanwhile."""

    def check_hang(self, account: str, line: str, call: str) -> None:
        """One client's line hangs in a call; others are served, also when that client has gone."""
        hung, data = self.begin(account, line)
        self.assertEqual(self.disk.next_call(BOUND_SECONDS), call)
        self.check_others()
        data.close()
        hung.close()
        self.check_others()

    def test_read(self) -> None:
        """The octets of a file are waited for."""
        self.know("read/file")
        self.check_hang("alice", "RETR hang/read/file", "read")

    def test_read_below_a_home_that_hangs(self) -> None:
        """The same where the home itself is on that disk, so that no mount is crossed."""
        self.know("read/file")
        self.learn_mount()
        self.check_hang("dora", "RETR read/file", "read")

    def test_open(self) -> None:
        """The name is known, and opening it waits."""
        self.know("open/file")
        self.check_hang("alice", "RETR hang/open/file", "open")

    def test_open_below_a_home_that_hangs(self) -> None:
        """The type of the home's file system is all that keeps this from the reactor."""
        self.know("open/file")
        self.learn_mount()
        self.check_hang("dora", "RETR open/file", "open")

    def test_lookup(self) -> None:
        """The name is not known."""
        self.check_hang("alice", "RETR hang/lookup/file", "lookup")

    def test_lookup_below_a_home_that_hangs(self) -> None:
        """The same within one mount."""
        self.learn_mount()
        self.check_hang("dora", "RETR lookup/file", "lookup")

    def test_size(self) -> None:
        """RFC 3659 section 4."""
        self.check_hang("alice", "SIZE hang/lookup/file", "lookup")

    def test_cwd(self) -> None:
        """Whether it is a directory is not known."""
        self.check_hang("alice", "CWD hang/lookup/home", "lookup")

    def test_listing(self) -> None:
        """The names come at once, their facts do not."""
        self.check_hang("alice", "MLSD hang/lookup", "lookup")

    def test_close(self) -> None:
        """The file has been sent, and closing it waits."""
        self.know("close/file")
        hung, data = self.begin("alice", "RETR hang/close/file")
        self.assertEqual(len(received(data)), WHOLE)
        self.assertEqual(self.disk.next_call(BOUND_SECONDS), "close")
        self.check_others()
        hung.close()
        self.check_others()

    def test_several_clients_at_once(self) -> None:
        """Each holds a thread, and none of them the reactor."""
        self.know("read/file")
        for _ in range(4):
            self.begin("alice", "RETR hang/read/file")
            self.assertEqual(self.disk.next_call(BOUND_SECONDS), "read")
        self.check_others()


class HomeTests(HangingCase):
    """An account whose home hangs."""

    def test_a_login_that_hangs_delays_no_other_one(self) -> None:
        """It looks for the home, on the pool."""
        hung = self.connect()
        hung.sendcmd("USER carol")
        hung.putcmd("PASS secret")
        self.assertEqual(self.disk.next_call(BOUND_SECONDS), "lookup")
        self.check_others()
        self.disk.release()
        self.assertTrue(hung.voidresp().startswith("230"))


class ReleaseTests(HangingCase):
    """The disk answers at last."""

    def check_release(self, name: str, call: str) -> None:
        """The client has its whole file."""
        hung, data = self.begin("alice", f"RETR {name}")
        self.assertEqual(self.disk.next_call(BOUND_SECONDS), call)
        self.disk.release()
        self.assertEqual(len(received(data)), WHOLE)
        self.assertEqual(hung.getmultiline()[:3], "150")
        self.assertEqual(hung.getmultiline()[:3], "226")

    def test_a_late_read(self) -> None:
        """Nothing was given up."""
        self.check_release("hang/read/file", "read")

    def test_a_late_open(self) -> None:
        """The preliminary reply is late, too."""
        self.check_release("hang/open/file", "open")

    def test_a_late_lookup(self) -> None:
        """So is it here."""
        self.check_release("hang/lookup/file", "lookup")


def received(data: socket.socket) -> bytes:
    """All octets to the end."""
    pieces: list[bytes] = []
    while piece := data.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


class ShutdownTests(HangingCase):
    """The service ends although a file hangs."""

    def test_at_the_deadline(self) -> None:
        """It waits no longer.  Where the kernel keeps the thread, the process is gone with the disk."""
        hung, _ = self.begin("alice", "RETR hang/read/file")
        self.assertEqual(self.disk.next_call(BOUND_SECONDS), "read")
        self.server.signal(signal.SIGTERM)
        self.server.logged("1 sessions wait for a disk that does not answer")
        self.disk.stop()
        self.assertEqual(self.server.wait(BOUND_SECONDS), 0)
        hung.close()
