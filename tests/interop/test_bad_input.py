"""What no well-behaved client sends, over a real socket: a clear answer, nothing lost, nobody else disturbed."""

from __future__ import annotations

import os
import socket
import subprocess

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run
from tests.interop.trees import octets


class RawClient:
    """A socket and the reply lines that come from it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.lines = self.socket.makefile("rb")
        self.code()

    def send(self, data: bytes) -> None:
        """Send octets as they are."""
        self.socket.sendall(data)

    def code(self) -> int:
        """The code of the next reply; 0 at the end of the connection."""
        while line := self.lines.readline():
            if line[:3].isdigit() and line[3:4] == b" ":
                return int(line[:3])
        return 0

    def codes(self, count: int) -> list[int]:
        """The codes of the next replies."""
        return [self.code() for _ in range(count)]

    def say(self, line: str) -> int:
        """Send a command: the code of its reply."""
        self.send(line.encode() + b"\r\n")
        return self.code()

    def log_in(self) -> None:
        """As alice."""
        self.send(b"USER alice\r\nPASS secret\r\nTYPE I\r\n")
        assert self.codes(3) == [331, 230, 200]

    def data(self) -> socket.socket:
        """A data connection by EPSV."""
        self.send(b"EPSV\r\n")
        line = self.lines.readline()
        return socket.create_connection(("127.0.0.1", int(line.split(b"|")[3])), 20)

    def close(self) -> None:
        """Close both."""
        self.lines.close()
        self.socket.close()


class RawCase(SynchronousTestCase):
    """A server, and a raw client of it."""

    def setUp(self) -> None:
        """Start and connect."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.server.start()
        self.client = self.connect()

    def connect(self) -> RawClient:
        """One more client."""
        client = RawClient(self.server.port)
        self.addCleanup(client.close)
        return client


class LineTests(RawCase):
    """Lines that are none."""

    def test_1_mib_without_a_line_end_is_500_once(self) -> None:
        """And the session goes on, once the client is logged in."""
        self.client.log_in()
        self.client.send(b"x" * 1024 * 1024 + b"\r\nNOOP\r\n")
        self.assertEqual(self.client.codes(2), [500, 200])

    def test_binary_garbage_is_refused_and_the_session_goes_on(self) -> None:
        """Whatever the octets mean, NOOP behind a line end works."""
        garbage = bytes(octet for octet in octets(5000) if octet not in b"\r\n\xff")
        self.client.send(garbage + b"\r\nNOOP\r\n")
        first, second = self.client.codes(2)
        self.assertIn(first, (500, 501))
        self.assertEqual(second, 200)

    def test_10000_commands_in_one_packet_are_all_answered(self) -> None:
        """None is lost, none out of order, once the client is logged in."""
        self.client.log_in()
        self.client.send(b"NOOP\r\n" * 9999 + b"SYST\r\n")
        self.assertEqual(self.client.codes(10_000), [200] * 9999 + [215])

    def test_200_pipelined_commands_and_a_half_close(self) -> None:
        """As cameras do with nc: all are answered in order, then the connection ends."""
        self.client.send(b"user alice\r\npass secret\r\n" + b"mkd d\r\nrmd d\r\n" * 99)
        self.client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(self.client.codes(201), [331, 230] + [257, 250] * 99 + [0])

    def test_nul_in_a_name_is_501(self) -> None:
        """Nothing is made."""
        self.client.log_in()
        self.client.send(b"MKD a\0b\r\n")
        self.assertEqual(self.client.code(), 501)
        self.assertEqual(os.listdir(self.server.home), [])

    def test_crlf_in_a_name_cannot_be_made(self) -> None:
        """CR NUL is RFC 2640's way to send a CR in a path."""
        self.client.log_in()
        self.client.send(b"MKD a\r\0b\r\n")
        self.assertEqual(self.client.code(), 553)

    def test_no_spelling_of_dot_dot_leaves_the_root(self) -> None:
        """Each ends at the root or at nothing."""
        (self.server.folder / "outside").write_bytes(b"private")
        self.client.log_in()
        spellings = (
            "../outside",
            "/../outside",
            "x/../../outside",
            "./.././outside",
            "..//outside",
            "/x/../../outside",
        )
        self.assertEqual([self.client.say(f"SIZE {path}") for path in spellings], [550] * len(spellings))

    def test_a_link_to_the_outside_does_not_leave_the_root(self) -> None:
        """Its absolute target starts at the account's root."""
        (self.server.folder / "outside").write_bytes(b"private")
        os.symlink(self.server.folder / "outside", self.server.home / "absolute")
        os.symlink("../outside", self.server.home / "relative")
        self.client.log_in()
        self.assertEqual([self.client.say("SIZE absolute"), self.client.say("SIZE relative")], [550, 550])

    def test_refusals_have_the_right_codes(self) -> None:
        """Each mistake its own."""
        self.client.log_in()
        (self.server.home / "file").write_bytes(b"12345")
        said = {
            "REST -1": 501,
            "PORT 192,0,2,1,200,200": 504,
            "PORT 127,0,0,1,0,21": 504,
            "RNTO x": 503,
            "STOR missing/file": 553,
            "RETR missing": 550,
            "MODE B": 504,
            "STRU R": 504,
            "TYPE E": 504,
            "SMNT /": 502,
            "SITE SYMLINK a b": 500,
        }
        self.assertEqual({line: self.client.say(line) for line in said}, said)

    def test_a_fifo_is_refused_and_stalls_nobody(self) -> None:
        """An open that waits for a writer would hold a thread for ever."""
        os.mkfifo(self.server.home / "fifo")
        self.client.log_in()
        self.assertEqual([self.client.say("RETR fifo"), self.client.say("STOR fifo")], [550, 553])

    def test_an_http_request_is_turned_away(self) -> None:
        """421, and the connection ends."""
        self.client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(self.client.codes(2), [421, 0])


class UploadTests(RawCase):
    """Uploads that break."""

    def test_a_reset_upload_leaves_the_former_file(self) -> None:
        """A reset is never a complete upload."""
        (self.server.home / "file").write_bytes(b"former")
        self.client.log_in()
        data = self.client.data()
        self.client.send(b"STOR file\r\n")
        self.assertEqual(self.client.code(), 150)
        data.sendall(octets(100_000))
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        data.close()
        self.assertEqual(self.client.code(), 426)
        self.assertEqual((self.server.home / "file").read_bytes(), b"former")
        self.assertEqual(os.listdir(self.server.home), ["file"])

    def test_the_control_connection_s_end_aborts_an_upload(self) -> None:
        """Without QUIT; the former file stays and no hidden one is left."""
        (self.server.home / "file").write_bytes(b"former")
        self.client.log_in()
        data = self.client.data()
        self.addCleanup(data.close)
        self.client.send(b"STOR file\r\n")
        self.assertEqual(self.client.code(), 150)
        data.sendall(octets(100_000))
        self.client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(self.client.codes(2), [426, 0])
        self.assertEqual((self.server.home / "file").read_bytes(), b"former")
        self.assertEqual(os.listdir(self.server.home), ["file"])

    def test_an_appended_upload_keeps_what_arrived(self) -> None:
        """APPE is in place: SIZE and REST go on from there."""
        (self.server.home / "file").write_bytes(b"former,")
        self.client.log_in()
        data = self.client.data()
        self.client.send(b"APPE file\r\n")
        self.assertEqual(self.client.code(), 150)
        data.sendall(b"arrived")
        while (self.server.home / "file").read_bytes() != b"former,arrived":
            self.assertEqual(self.client.say("STAT"), 211)
        self.client.send(b"ABOR\r\n")
        self.assertEqual(self.client.codes(2), [426, 226])
        data.close()
        self.assertEqual((self.server.home / "file").read_bytes(), b"former,arrived")

    def test_a_stranger_cannot_take_the_passive_port(self) -> None:
        """A connection from another address is closed; the client's own still gets through."""
        (self.server.home / "file").write_bytes(b"private")
        self.client.log_in()
        self.client.send(b"EPSV\r\n")
        port = int(self.client.lines.readline().split(b"|")[3])
        with socket.create_connection(("127.0.0.1", port), 20, source_address=("127.0.0.2", 0)) as stranger:
            self.assertEqual(stranger.recv(100), b"")
        with socket.create_connection(("127.0.0.1", port), 20) as data:
            self.client.send(b"RETR file\r\n")
            self.assertEqual(self.client.codes(2), [150, 226])
            self.assertEqual(data.recv(100), b"private")


class FullDiskTests(RawCase):
    """A disk of 1 MiB that fills up."""

    def setUp(self) -> None:
        """Mount it as alice's home."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(self.server.home))
        if mounted.returncode:
            raise SkipTest("mounting a small disk takes root's rights")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.server.home)], check=True)
        self.server.start()
        self.client = self.connect()
        self.client.log_in()

    def upload(self, count: int) -> list[int]:
        """Send so many octets as a file: the codes."""
        data = self.client.data()
        self.client.send(b"STOR file\r\n")
        codes = [self.client.code()]
        try:
            if codes == [150]:
                data.sendall(octets(count))
        except OSError:
            pass
        data.close()
        return codes if codes != [150] else [150, self.client.code()]

    def test_a_disk_that_fills_up_is_552_and_the_former_file_stays(self) -> None:
        """And the session goes on."""
        (self.server.home / "file").write_bytes(b"former")
        self.assertEqual(self.upload(3_000_000), [150, 552])
        self.assertEqual((self.server.home / "file").read_bytes(), b"former")
        self.assertEqual(self.upload(1000), [150, 226])

    def test_a_full_disk_is_452_before_the_transfer(self) -> None:
        """The former file stays."""
        (self.server.home / "file").write_bytes(b"former")
        (self.server.home / "filler").write_bytes(bytes(1024 * 1024 - 4096))
        self.assertEqual(self.upload(1000), [452])
        self.assertEqual((self.server.home / "file").read_bytes(), b"former")

    def test_allo_beyond_the_free_space_is_452(self) -> None:
        """The number counts at the next STOR, which says so before its 150."""
        self.assertEqual(self.client.say("ALLO 3000000"), 200)
        self.assertEqual(self.upload(10), [452])
