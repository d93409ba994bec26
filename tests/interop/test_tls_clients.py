"""Clients that people use, over TLS: trees up and down, byte-exact, both ways to begin TLS."""

from __future__ import annotations

import atexit
import ftplib
import io
import shutil
import ssl
from functools import lru_cache

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import run
from tests.interop.tls_server import ResumingFtp, TlsServer, trusting
from tests.interop.trees import contents, make_names, make_sizes, octets


@lru_cache(maxsize=2)
def shared_server(resumption: str) -> TlsServer:
    """One server for all tests with this demand on data connections; it ends with the test run."""
    server = TlsServer(extra=f"data_resumption: {resumption}, data_protection: required")
    atexit.register(server.stop)
    server.start()
    return server


class ClientCase(SynchronousTestCase):
    """A running server; each test has a folder of its own on both sides."""

    program = ""
    resumption = "report"

    def setUp(self) -> None:
        """A folder of the server, empty, and one of the client, with files."""
        if self.program and shutil.which(self.program) is None:
            raise SkipTest(f"{self.program} is not installed; .ci/run installs it")
        self.server = shared_server(self.resumption)
        name = self.id().rpartition(".")[2]
        self.remote = self.server.home / name
        self.remote.mkdir()
        self.local = self.server.folder / f"local-{name}"
        self.local.mkdir()
        self.name = name

    def succeed(self, *command: str) -> bytes:
        """Run a client that must succeed: its output."""
        done = run(*command, cwd=str(self.local))
        text = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, 0, f"{command}: {text}\n{self.server.log[-3000:]}")
        return done.stdout


class CurlTests(ClientCase):
    """curl, which resumes the control connection's session."""

    program = "curl"
    resumption = "required"

    def round(self, url: str, *options: str) -> None:
        """A file up and down."""
        data = octets(300_000)
        (self.local / "source").write_bytes(data)
        curl = ("curl", "-sS", "-k", *options, "-u", "alice:secret")
        self.succeed(*curl, "-T", "source", f"{url}/{self.name}/file")
        self.assertEqual((self.remote / "file").read_bytes(), data)
        self.assertEqual(self.succeed(*curl, f"{url}/{self.name}/file"), data)

    def test_explicit(self) -> None:
        """AUTH TLS, by TLS 1.3."""
        self.round(f"ftp://127.0.0.1:{self.server.required}", "--ssl-reqd")

    def test_explicit_by_tls_1_2(self) -> None:
        """The older version."""
        self.round(f"ftp://127.0.0.1:{self.server.required}", "--ssl-reqd", "--tls-max", "1.2")

    def test_implicit(self) -> None:
        """``ftps://``."""
        self.round(f"ftps://127.0.0.1:{self.server.implicit}")

    def test_an_empty_file(self) -> None:
        """Not an octet, but a close_notify."""
        (self.remote / "file").touch()
        url = f"ftps://127.0.0.1:{self.server.implicit}/{self.name}/"
        self.assertEqual(self.succeed("curl", "-sS", "-k", "-u", "alice:secret", f"{url}file"), b"")

    def test_an_empty_directory(self) -> None:
        """Nor a row."""
        url = f"ftps://127.0.0.1:{self.server.implicit}/{self.name}/"
        self.assertEqual(self.succeed("curl", "-sS", "-k", "-u", "alice:secret", url), b"")


class LftpTests(ClientCase):
    """lftp: whole trees."""

    program = "lftp"
    resumption = "required"

    def test_a_tree(self) -> None:
        """Up by one session, down by another."""
        tree = self.local / "tree"
        make_names(tree / "names")
        make_sizes(tree / "sizes")
        opened = (
            "set ssl:verify-certificate no; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set net:max-retries 1;"
            f" open -u alice,secret 127.0.0.1:{self.server.required}; cd {self.name}; "
        )
        self.succeed("lftp", "-c", f"{opened} mirror -R tree up")
        self.assertEqual(contents(self.remote / "up"), contents(tree))
        self.succeed("lftp", "-c", f"{opened} mirror up down")
        self.assertEqual(contents(self.local / "down"), contents(tree))


class PythonTests(ClientCase):
    """ftplib, which does not resume sessions unless it is told to."""

    def connect(self, client: ftplib.FTP_TLS) -> ftplib.FTP_TLS:
        """Log in, with protected data connections."""
        client.connect("127.0.0.1", self.server.required, 20)
        self.addCleanup(client.close)
        client.login("alice", "secret")
        client.prot_p()
        client.cwd(self.name)
        return client

    def round(self, client: ftplib.FTP_TLS) -> None:
        """Files up and down in one session, a listing, and the end."""
        data = octets(200_000)
        for name in ("a", "b", "c"):
            client.storbinary(f"STOR {name}", io.BytesIO(data))
        self.assertEqual(sorted(client.nlst()), ["a", "b", "c"])
        self.assertEqual({(self.remote / name).read_bytes() for name in ("a", "b", "c")}, {data})
        for name in ("a", "b", "c"):
            got = io.BytesIO()
            client.retrbinary(f"RETR {name}", got.write)
            self.assertEqual(got.getvalue(), data)
        self.assertTrue(client.quit().startswith("221"))

    def test_without_resumption(self) -> None:
        """Accepted by default."""
        self.round(self.connect(ftplib.FTP_TLS(context=trusting())))

    def test_without_resumption_by_tls_1_2(self) -> None:
        """Likewise."""
        self.round(self.connect(ftplib.FTP_TLS(context=trusting(ssl.TLSVersion.TLSv1_2))))

    def test_with_resumption(self) -> None:
        """As many have taught it."""
        self.round(self.connect(ResumingFtp(context=trusting())))

    def test_data_in_clear_where_that_is_refused(self) -> None:
        """522 before the 150 (RFC 4217 section 11.4)."""
        client = self.connect(ftplib.FTP_TLS(context=trusting()))
        self.assertRaisesRegex(ftplib.error_perm, "534", client.prot_c)


class DemandingTests(PythonTests):
    """ftplib where every data connection must resume."""

    resumption = "required"

    def test_without_resumption(self) -> None:
        """522 with words that a person can search for, and nothing is left of the upload."""
        client = self.connect(ftplib.FTP_TLS(context=trusting()))
        problem = self.assertRaises(ftplib.error_perm, client.storbinary, "STOR a", io.BytesIO(b"x"))
        self.assertIn("522 Data connection must resume the TLS session of the control connection.", str(problem))
        self.assertEqual(list(self.remote.iterdir()), [])

    def test_without_resumption_by_tls_1_2(self) -> None:
        """Nor is anything sent."""
        (self.remote / "secret").write_bytes(b"secret")
        client = self.connect(ftplib.FTP_TLS(context=trusting(ssl.TLSVersion.TLSv1_2)))
        got = io.BytesIO()
        self.assertRaises(ftplib.error_perm, client.retrbinary, "RETR secret", got.write)
        self.assertEqual(got.getvalue(), b"")


class OpensslTests(ClientCase):
    """``openssl s_client``, as probes use it."""

    program = "openssl"

    def probe(self, *options: str) -> str:
        """What it says of a handshake after AUTH."""
        target = f"127.0.0.1:{self.server.port}"
        done = run("openssl", "s_client", "-starttls", "ftp", "-connect", target, *options)
        return (done.stdout + done.stderr).decode(errors="replace")

    def test_versions(self) -> None:
        """1.2 and 1.3, and none before them (RFC 9325 section 3.1)."""
        self.assertIn("TLSv1.3", self.probe("-tls1_3"))
        self.assertIn("Cipher is ECDHE", self.probe("-tls1_2"))
        self.assertIn("Cipher is (NONE)", self.probe("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))
        self.assertIn("Cipher is (NONE)", self.probe("-tls1", "-cipher", "ALL:@SECLEVEL=0"))

    def test_weak_ciphers(self) -> None:
        """Without forward secrecy or authenticated encryption nothing is agreed."""
        weak = "kRSA:CBC:RC4:3DES:NULL:EXPORT:DHE:AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"
        self.assertIn("Cipher is (NONE)", self.probe("-tls1_2", "-cipher", weak))

    def test_what_is_off(self) -> None:
        """No compression, no early data; renegotiation only the secure one (RFC 5746)."""
        text = self.probe("-tls1_2")
        self.assertIn("Compression: NONE", text)
        self.assertIn("Secure Renegotiation IS supported", text)
        self.assertIn("Extended master secret: yes", text)
