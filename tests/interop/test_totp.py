"""One-time codes, by FTP from two hosts."""

from __future__ import annotations

import ftplib
import time

import pyotp

from tests.cases import SynchronousTestCase
from tests.interop.server import Server


class TotpTests(SynchronousTestCase):
    """An account with a secret, whose logins come from addresses of loopback."""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.secret = pyotp.random_base32()
        (self.server.folder / "totp").write_text(f"{self.secret}\n")
        text = self.server.configuration.read_text()
        self.server.configuration.write_text(text.replace("permissions: all}", "permissions: all, totp_file: totp}"))
        self.server.start()

    def code(self) -> str:
        """The present code."""
        return pyotp.TOTP(self.secret).at(time.time())

    def login(self, password: str, host: str = "127.0.0.1") -> str:
        """The reply to PASS from an address."""
        client = ftplib.FTP(timeout=60, source_address=(host, 0))
        self.addCleanup(client.close)
        client.connect("127.0.0.1", self.server.port)
        try:
            return client.login("alice", password)
        except ftplib.error_perm as refusal:
            return str(refusal)

    def test_code_that_is_shared_by_the_connections_of_a_client(self) -> None:
        """And by nobody else; the replies do not tell why."""
        password = f"secret{self.code()}"
        replies = [self.login(password), self.login(password), self.login(password, "127.0.0.2")]
        self.assertEqual([reply[:3] for reply in replies], ["230", "230", "530"])
        self.server.logged("checker accounts: the one-time code was used before, from another host")
        wrong = self.login("wrong" + self.code(), "127.0.0.3")
        self.assertEqual((replies[2], self.login("secret", "127.0.0.4")), (wrong, wrong))
