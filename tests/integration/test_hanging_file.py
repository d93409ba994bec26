"""One client's file hangs, for real: a FUSE file system below the server does not answer.  Nobody else may notice.

What runs on the reactor must never wait for a file: ``storage/local/at_hand.py`` opens there only what the kernel has
in memory, on file systems that ask no other program.  So names are made known to the kernel first: what it has to ask
for goes to the pool anyhow.
"""

from __future__ import annotations

import ftplib
import io
import os
import signal
import socket
import time

from twisted.trial.unittest import SkipTest

from ftpd_bench.peers.hanging import HangingDisk, NotMounted
from tests.cases import SynchronousTestCase
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

    The home of carol's is a directory on it whose lookup hangs; bob's is on the same file system as alice's.
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
            "  bob: {password: '{plain}secret', home: bobs, create_home: true, permissions: all}\n"
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


class ManyTests(HangingCase):
    """More calls of one account hang than there are threads in all; bob comes from the same host."""

    COUNT = 70
    LINES = ("SIZE hang/lookup/file", "RETR hang/read/file", "LIST hang/lookup", "DELE hang/lookup/file")

    def hang_all(self) -> list[ftplib.FTP]:
        """They hang, or are refused: clients none of which reads an answer."""
        clients = [self.begin("alice", self.LINES[number % len(self.LINES)])[0] for number in range(self.COUNT)]
        # What waits is refused once those that have begun are known to hang: then the last one is answered.
        self.assertEqual(clients[-1].getmultiline()[:3], "450")
        return clients

    def check_bob(self) -> None:
        """Everything that needs a disk is done for him, and his login; each answer is in time or raises."""
        bob = self.client("bob")
        self.assertEqual(bob.mkd("/d"), "/d")
        self.assertTrue(bob.storbinary("STOR f", io.BytesIO(bytes(4096))).startswith("226"))
        received: list[bytes] = []
        self.assertTrue(bob.retrbinary("RETR f", received.append).startswith("226"))
        self.assertEqual(sorted(bob.nlst()), ["d", "f"])
        self.assertTrue(bob.delete("f").startswith("250"))
        bob.rmd("d")

    def check_reload(self) -> None:
        """SIGHUP is carried out."""
        logged = len(self.server.log)
        self.server.signal(signal.SIGHUP)
        self.server.logged("the configuration was read again", since=logged)

    def test_others_are_as_without_it(self) -> None:
        """During, when the clients have gone, and after."""
        clients = self.hang_all()
        self.check_bob()
        self.check_reload()
        for client in clients:
            client.close()
        self.check_bob()
        self.check_reload()
        self.disk.release()
        self.check_bob()

    def test_the_account_is_refused_at_once_until_its_disk_answers(self) -> None:
        """Also when the clients that have asked have gone, and the next one is another session."""
        for client in self.hang_all():
            client.close()
        with self.assertRaises(ftplib.error_temp) as caught:
            self.client("alice").voidcmd("SIZE hang/lookup/file")
        self.assertEqual(str(caught.exception)[:3], "450")
        self.disk.release()
        self.served_again()

    def served_again(self) -> None:
        """Alice, once the threads have come back."""
        client = self.client("alice")
        until = time.monotonic() + BOUND_SECONDS
        while True:
            try:
                self.assertEqual(client.size("hang/lookup/file"), WHOLE)
            except ftplib.error_temp:
                self.assertLess(time.monotonic(), until)
            else:
                return

    def test_abor_is_answered_while_an_opening_hangs(self) -> None:
        """The thread is left alone, and its result thrown away."""
        hung, _ = self.begin("alice", "RETR hang/read/file")
        self.assertEqual(self.disk.next_call(BOUND_SECONDS), "read")
        hung.putcmd("ABOR")
        self.assertEqual((hung.getmultiline()[:3], hung.getmultiline()[:3]), ("426", "226"))
        self.assertTrue(hung.voidcmd("NOOP").startswith("200"))


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
        self.know("close/file")
        hung, data = self.begin("alice", "RETR hang/close/file")
        self.assertEqual(len(received(data)), WHOLE)
        self.assertEqual(self.disk.next_call(BOUND_SECONDS), "close")
        self.server.signal(signal.SIGTERM)
        self.server.logged("1 sessions abandoned: their disk does not answer")
        self.disk.stop()
        self.assertEqual(self.server.wait(BOUND_SECONDS), 0)
        hung.close()
