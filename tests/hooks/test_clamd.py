"""The stage `clamd`, with a clamd in memory."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError

from ftpd_service.errors import StorageFailed
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hooks.clamd import CLAMD_CHUNK_BYTES, Clamd
from ftpd_service.hooks.clamd_answers import LARGEST_CLAMD_ANSWER_BYTES
from ftpd_service.hooks.stage_settings import ClamdMode, ClamdStage, OverSize, WhenFound
from ftpd_service.values import WriteMode
from ftpd_service.verdict_interfaces import ACCEPTED, JudgedUpload, Judgment, Ruling, StageFailed
from tests.cases import SynchronousTestCase
from tests.hooks.fake_clamd import FakeClamd, FakeConnection, FakeDescriptor, FakeFile, FakeRead

UPLOAD = JudgedUpload(
    event=HookEvent(id="e", trigger=HookTrigger.UPLOADED, time=5.0, origin=HookOrigin(node="n")),
    verb="STOR",
    mode=WriteMode.CREATE,
)


class ClamdCase(SynchronousTestCase):
    """A stage on a UNIX socket."""

    def setUp(self) -> None:
        self.clamd = FakeClamd()
        self.addCleanup(self.clamd.close)
        self.file = FakeFile()

    def judge(self, address: str = "/run/clamd.ctl", **more: Any) -> Deferred[Judgment]:  # Any: of the settings
        """Begin a scan."""
        stage = Clamd(ClamdStage(id="scan", address=address, **more), self.clamd)
        return Deferred.fromCoroutine(stage.judge(UPLOAD, self.file))

    @property
    def connection(self) -> FakeConnection:
        """The last connection."""
        return self.clamd.connections[-1]

    def failure(self, judging: Deferred[Judgment]) -> str:
        """The text of a stage that failed."""
        return str(self.failureResultOf(judging, StageFailed).value)

    def assert_all_closed(self) -> None:
        """Every handle and every connection is closed."""
        self.assertTrue(all(handle.closed for handle in self.file.handles))
        self.assertTrue(all(connection.aborted for connection in self.clamd.connections))


class AnswerTests(ClamdCase):
    """The judgment by the answer."""

    def judged(self, *parts: bytes, **more: Any) -> Judgment:  # Any: of the settings
        """The judgment behind an answer, which comes in parts."""
        judging = self.judge(**more)
        for part in parts:
            self.connection.say(part)
        judgment = self.successResultOf(judging)
        self.assert_all_closed()
        return judgment

    def failed(self, answer: bytes) -> str:
        """The text of the failure behind an answer to a stream."""
        judging = self.judge(mode=ClamdMode.INSTREAM)
        self.connection.say(answer)
        text = self.failure(judging)
        self.assert_all_closed()
        return text

    def test_clean(self) -> None:
        """``OK`` accepts."""
        self.assertEqual(self.judged(b"fd[11]: OK\0"), ACCEPTED)

    def test_answer_in_parts(self) -> None:
        """It ends with its zero byte, and not before."""
        self.assertEqual(self.judged(b"fd[1", b"1]: O", b"K", b"\0"), ACCEPTED)

    def test_found(self) -> None:
        """The client is told the name of the signature."""
        judgment = self.judged(b"fd[11]: Eicar-Test FOUND\0")
        self.assertEqual((judgment.ruling, judgment.text), (Ruling.REFUSE, "Eicar-Test found"))

    def test_name_with_details(self) -> None:
        """Debian's configuration adds a hash and a size to the name; the client is told only the name."""
        for details in (b"44d88612fea8a8f36de82e1278abb02f:68", b"-1:-1", b":18446744073709551615"):
            self.assertEqual(self.judged(b"fd[11]: A.B(" + details + b") FOUND\0").text, "A.B found")

    def test_found_is_quarantined(self) -> None:
        """As ``when_found`` says."""
        judgment = self.judged(b"fd[11]: Eicar-Test FOUND\0", when_found=WhenFound.QUARANTINE)
        self.assertEqual((judgment.ruling, judgment.text), (Ruling.QUARANTINE, "Eicar-Test found"))

    def test_name_with_control_characters(self) -> None:
        """No byte of an answer ends a line of a reply or of the log, and a long name is cut."""
        judgment = self.judged(b"stream: A\r\n226 OK\xff" + b"x" * 500 + b" FOUND\0")
        self.assertTrue(judgment.text.startswith("A\\x0d\\x0a226 OK\\xffxxx"), judgment.text)
        self.assertLess(len(judgment.text), 220)

    def test_signature_named_ok(self) -> None:
        """The last word decides."""
        self.assertEqual(self.judged(b"stream: OK FOUND\0").text, "OK found")

    def test_size_limit(self) -> None:
        """The text says which key to set."""
        self.assertIn("StreamMaxLength", self.failed(b"INSTREAM size limit exceeded. ERROR\0"))

    def test_error(self) -> None:
        """An error is no verdict."""
        self.assertIn("Can't allocate memory ERROR", self.failed(b"stream: Can't allocate memory ERROR\0"))

    def test_nonsense(self) -> None:
        """Only the exact forms accept or refuse."""
        nonsense = (b"", b"OK", b"FOUND", b"PONG", b"stream:OK", b"stream: ok", b"stream: OK ", b"\xff\r\n", b"x: OK")
        for answer in nonsense:
            self.assertIn("nonsense", self.failed(answer + b"\0"), answer)

    def test_closed_without_an_answer(self) -> None:
        """Nor is an answer an answer that was cut short."""
        judging = self.judge()
        self.connection.say(b"fd[11]: OK")
        self.connection.lose()
        self.assertIn("closed", self.failure(judging))

    def test_endless_answer(self) -> None:
        """It is bounded, whether it comes at once or in parts."""
        self.assertIn("does not end", self.failed(b"x" * (LARGEST_CLAMD_ANSWER_BYTES + 1)))


class DescriptorTests(ClamdCase):
    """``FILDES``."""

    def test_descriptor(self) -> None:
        """It goes with the whole command, and the handle is open until the answer."""
        judging = self.judge()
        self.assertEqual(self.connection.passed(), (b"zFILDES\0\0", os.stat(os.devnull).st_ino))
        self.assertEqual((self.connection.sent, self.file.handles[0].closed), (b"", False))
        self.connection.say(b"fd[11]: OK\0")
        self.assertEqual(self.successResultOf(judging), ACCEPTED)

    def test_clamd_that_ends_at_once(self) -> None:
        """A connection that is closed already fails the stage."""
        self.clamd.broken = True
        self.assertIn("cannot be passed", self.failure(self.judge()))
        self.assert_all_closed()

    def test_clamd_that_takes_no_descriptor(self) -> None:
        """The mode ``auto`` sends the bytes, from a new handle, on a new connection."""
        judging = self.judge()
        self.connection.say(b"No file descriptor received. ERROR\0")
        self.assertEqual(self.connection.sent, b"zINSTREAM\0\0\0\0\x04some\0\0\0\x06 bytes\0\0\0\0")
        self.assertEqual((len(self.clamd.connections), len(self.file.handles)), (2, 2))
        self.connection.say(b"stream: OK\0")
        self.assertEqual(self.successResultOf(judging), ACCEPTED)
        self.assert_all_closed()

    def test_only_descriptors(self) -> None:
        """The mode ``fildes`` fails then."""
        judging = self.judge(mode=ClamdMode.FILDES)
        self.connection.say(b"No file descriptor received. ERROR\0")
        self.assertIn("No file descriptor received", self.failure(judging))
        self.assertEqual(len(self.clamd.connections), 1)

    def test_no_descriptor(self) -> None:
        """Nor does that mode send bytes where the storage has no descriptor."""
        self.file = FakeFile(kind=FakeRead)
        self.assertIn("mode", self.failure(self.judge(mode=ClamdMode.FILDES)))
        self.assertEqual(self.clamd.connections, [])
        self.assert_all_closed()


class StreamTests(ClamdCase):
    """``INSTREAM``."""

    def test_tcp(self) -> None:
        """Bytes are sent by TCP, although there is a descriptor."""
        self.judge("tcp:127.0.0.1:3310").addErrback(lambda failure: None)
        self.assertTrue(self.connection.sent.startswith(b"zINSTREAM\0"))

    def test_storage_without_descriptors(self) -> None:
        """Bytes are sent by UNIX sockets too."""
        self.file = FakeFile(kind=FakeRead)
        self.judge().addErrback(lambda failure: None)
        self.assertTrue(self.connection.sent.startswith(b"zINSTREAM\0"))

    def test_back_pressure(self) -> None:
        """The next bytes are read when the kernel has taken those before."""
        self.clamd.flows = False
        self.file = FakeFile(b"x" * 3 * CLAMD_CHUNK_BYTES)
        judging = self.judge(mode=ClamdMode.INSTREAM)
        sent = []
        for _ in range(6):
            sent.append(len(self.connection.sent))
            self.connection.flow()
        parts = (0, 4 + 4, 4 + CLAMD_CHUNK_BYTES, 4 + CLAMD_CHUNK_BYTES, 4 + CLAMD_CHUNK_BYTES - 4, 4)
        self.assertEqual(sent, [10 + sum(parts[: count + 1]) for count in range(6)])
        self.assertEqual(self.file.handles[0].most, CLAMD_CHUNK_BYTES)
        self.assertNoResult(judging)

    def test_empty_file(self) -> None:
        """It is an empty stream."""
        self.file = FakeFile(b"")
        self.judge(mode=ClamdMode.INSTREAM).addErrback(lambda failure: None)
        self.assertEqual(self.connection.sent, b"zINSTREAM\0\0\0\0\0")

    def test_early_answer(self) -> None:
        """No further byte is read or sent."""
        self.clamd.flows = False
        judging = self.judge(mode=ClamdMode.INSTREAM)
        self.connection.say(b"INSTREAM size limit exceeded. ERROR\0")
        self.assertIn("StreamMaxLength", self.failure(judging))
        self.assertEqual(self.connection.sent, b"zINSTREAM\0")

    def test_closed_early(self) -> None:
        """A connection that ends while bytes wait fails the stage."""
        self.clamd.flows = False
        judging = self.judge(mode=ClamdMode.INSTREAM)
        self.connection.lose()
        self.assertIn("closed", self.failure(judging))


class BoundTests(ClamdCase):
    """Sizes, failures and cancellation."""

    def test_size_at_the_bound(self) -> None:
        """It is scanned."""
        self.judge(max_size=self.file.size).addErrback(lambda failure: None)
        self.assertEqual(len(self.clamd.connections), 1)

    def test_size_above_the_bound(self) -> None:
        """The configured judgment comes without a scan."""
        for word, ruling in zip(OverSize, (Ruling.ACCEPT, Ruling.REFUSE, Ruling.QUARANTINE), strict=True):
            judgment = self.successResultOf(self.judge(max_size=self.file.size - 1, over_size=word))
            self.assertEqual((judgment.ruling, judgment.text), (ruling, "the file is too large for the scanner"))
        self.assertEqual((self.clamd.connections, self.file.handles), ([], []))

    def test_no_clamd(self) -> None:
        """The text names the address."""
        self.clamd.problem = ConnectError(string="refused")
        text = self.failure(self.judge())
        self.assertIn("/run/clamd.ctl", text)
        self.assert_all_closed()

    def test_file_that_cannot_be_read(self) -> None:
        """It fails the stage."""
        self.file.problem = StorageFailed("EIO")
        self.assertIn("cannot be read", self.failure(self.judge()))

    def test_cancelled_while_connecting(self) -> None:
        """The attempt ends at once."""
        ended: list[object] = []
        self.clamd.waiting = Deferred(ended.append)
        judging = self.judge()
        judging.cancel()
        self.failureResultOf(judging, CancelledError)
        self.assertEqual(len(ended), 1)
        self.assert_all_closed()

    def test_cancelled_while_sending(self) -> None:
        """The connection is closed at once."""
        self.clamd.flows = False
        self.judge_and_cancel()

    def test_cancelled_while_scanning(self) -> None:
        """The connection is closed at once, and a late answer changes nothing."""
        self.judge_and_cancel()
        self.connection.say(b"fd[11]: OK\0")

    def judge_and_cancel(self) -> None:
        """Cancel a scan that has a connection."""
        judging = self.judge()
        judging.cancel()
        self.failureResultOf(judging, CancelledError)
        self.assertIsInstance(self.file.handles[0], FakeDescriptor)
        self.assert_all_closed()
