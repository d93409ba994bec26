"""The transfer log of a real process, read by webalizer."""

from __future__ import annotations

import ftplib
import io
import re
import signal

from tests.cases import SynchronousTestCase
from tests.integration.plain_user import program
from tests.interop.server import Server, run


class WebalizerTests(SynchronousTestCase):
    """A session with transfers and a deletion, whose names have spaces and characters that are not printable."""

    def setUp(self) -> None:
        """Write the log, and end the server."""
        self.webalizer = program("webalizer")
        self.server = Server(extra="logging: {transfers: xferlog}")
        self.addCleanup(self.server.stop)
        self.server.start()
        with ftplib.FTP(timeout=20) as client:
            client.connect("127.0.0.1", self.server.port)
            client.login("alice", "secret")
            for name in ("report.pdf", 'two words "quoted"', "gr\u00fcn\u00a0\u202egrau"):
                client.storbinary(f"STOR {name}", io.BytesIO(b"x" * 1000))
                client.retrbinary(f"RETR {name}", bytes)
            client.retrlines("RETR report.pdf", str)
            client.delete("report.pdf")
            client.quit()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        self.log = self.server.folder / "xferlog"

    def test_each_record_is_understood(self) -> None:
        """webalizer counts all transfers, and no bad record."""
        done = run(
            *(self.webalizer, "-F", "ftp", "-n", "ftp.example.net", "-o", str(self.server.folder), str(self.log)),
            cwd=str(self.server.folder),
        )
        told = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, 0, told)
        self.assertRegex(told, r"\b8 records\b")
        self.assertNotRegex(told, r"(?i)[1-9]\d* bad|skipping")

    def test_the_lines(self) -> None:
        """The direction, the type and the end of each."""
        lines = self.log.read_text("utf-8").splitlines()
        told = [re.sub(r"^.* 127\.0\.0\.1 ", "", line).replace(" alice ftp 0 *", "") for line in lines]
        self.assertEqual(
            told,
            [
                "1000 /report.pdf b _ i r c",
                "1000 /report.pdf b _ o r c",
                '1000 /two_words_"quoted" b _ i r c',
                '1000 /two_words_"quoted" b _ o r c',
                "1000 /gr\u00fcn__grau b _ i r c",
                "1000 /gr\u00fcn__grau b _ o r c",
                "1000 /report.pdf a _ o r c",
                "0 /report.pdf b _ d r c",
            ],
        )
