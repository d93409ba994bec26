"""Files that change while the server runs."""

from __future__ import annotations

import os

from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from ftpd_service.events import CertificatesRefused, CertificatesReplaced
from ftpd_service.testing.fakes import Recorder
from ftpd_service.tls.certificates import LOOK_SECONDS
from ftpd_service.tls.settings import KeyPair, TlsSettings
from ftpd_service.tls.tls_session import TlsSession
from tests.cases import SynchronousTestCase
from tests.tls.hands import NOW, Hands, certificates, client_context, pair


@implementer(ILogObserver)
class Lines:
    """Keeps what the service logs."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, event: LogEvent) -> None:
        """Keep a line."""
        if event.get("log_namespace") == "ftpd.tls":
            self.texts.append(formatEvent(event))


class WatchTests(SynchronousTestCase):
    """One certificate for ``ftp.example``, watched by a clock."""

    def setUp(self) -> None:
        """Make it, watch it, and listen to the log."""
        self.folder = os.path.abspath(self.mktemp())
        self.clock = Clock()
        self.pair = pair(self.folder, "ftp.example", now=NOW, days=90)
        self.age(self.pair)
        self.recorder = Recorder()
        self.certificates = certificates(TlsSettings(pair=self.pair), self.clock, self.recorder.observe)
        lines = Lines()
        self.lines = lines.texts
        globalLogPublisher.addObserver(lines)
        self.addCleanup(globalLogPublisher.removeObserver, lines)
        self.certificates.start()
        self.addCleanup(self.certificates.stop)
        self.first = self.certificates.loaded

    def age(self, pair: KeyPair) -> None:
        """Set the files' times back: kernels before 6.13 give two writes within one tick the same time."""
        for path in (pair.certificate, pair.private_key):
            assert path is not None
            os.utime(path, (0, 0))

    def looks(self, count: int) -> None:
        """Let so many looks pass."""
        self.clock.pump([LOOK_SECONDS] * count)

    def spoil(self, path: str | None) -> None:
        """Write nonsense into a file."""
        assert path is not None
        with open(path, "w", encoding="ascii") as file:
            file.write("nonsense")

    def test_no_change(self) -> None:
        """Nothing is read again."""
        self.looks(10)
        self.assertIs(self.certificates.loaded, self.first)

    def test_a_new_pair(self) -> None:
        """In force within five seconds, once it has held still for a look."""
        pair(self.folder, "ftp.example")
        self.looks(1)
        self.assertIs(self.certificates.loaded, self.first)
        self.looks(2)
        self.assertLess(3 * LOOK_SECONDS, 5)
        self.assertNotEqual(self.certificates.loaded.default.own, self.first.default.own)
        self.assertEqual(self.recorder.of(CertificatesReplaced), [CertificatesReplaced(path=self.pair.certificate)])

    def test_a_bad_pair(self) -> None:
        """The old one stays, and there is one event, not one a look."""
        self.spoil(self.pair.private_key)
        self.looks(10)
        self.assertIs(self.certificates.loaded, self.first)
        (refused,) = self.recorder.of(CertificatesRefused)
        self.assertIn("holds no private key in PEM", refused.reason)

    def test_a_missing_file(self) -> None:
        """Is a bad one."""
        os.unlink(self.pair.certificate)
        self.looks(3)
        self.assertIs(self.certificates.loaded, self.first)
        self.assertIn("cannot be read", self.recorder.of(CertificatesRefused)[0].reason)

    def test_a_bad_pair_that_is_mended(self) -> None:
        """The next change is looked at again."""
        self.spoil(self.pair.private_key)
        self.looks(3)
        pair(self.folder, "ftp.example")
        self.looks(3)
        self.assertIsNot(self.certificates.loaded, self.first)

    def test_stopped(self) -> None:
        """Nobody looks any more."""
        self.certificates.stop()
        self.certificates.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_sessions_before_and_after(self) -> None:
        """A session keeps what its TLS began with; the next one gets the new certificate."""
        old = TlsSession(self.certificates, token=os.urandom)
        before = Hands(old.server_connection(), client_context()).shake().client.getpeercert(binary_form=True)
        pair(self.folder, "ftp.example")
        self.looks(3)
        same = Hands(old.server_connection(), client_context()).shake().client.getpeercert(binary_form=True)
        new = TlsSession(self.certificates, token=os.urandom)
        after = Hands(new.server_connection(), client_context()).shake().client.getpeercert(binary_form=True)
        self.assertEqual(same, before)
        self.assertNotEqual(after, before)

    def test_the_end_is_told_once_a_day(self) -> None:
        """From three weeks before it."""
        self.looks(1)
        day = 86400.0
        self.clock.pump([day] * 68)
        self.assertEqual(self.lines, [])
        self.clock.pump([day] * 3)
        self.assertEqual(len(self.lines), 3)
        self.assertIn("expires on 2027-02-20", self.lines[0])
