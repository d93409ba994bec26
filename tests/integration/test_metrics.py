"""The metrics of a real process: Prometheus's own tool accepts them, and many clients disturb nobody."""

from __future__ import annotations

import contextlib
import ftplib
import http.client
import io
import signal
import socket
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.integration.upgraded_server import UpgradedServer
from tests.interop.server import Server, run, twistd
from tests.interop.tls_server import TlsServer, trusting

RULES = Path(__file__).resolve().parents[2] / "etc" / "prometheus-rules.yaml"


def page(port: int, path: str = "/metrics", method: str = "GET") -> tuple[int, str]:
    """The code and the text of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def promtool(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run promtool with a text on its standard input.

    :raises SkipTest: it is not installed.
    """
    try:
        return subprocess.run(
            ("promtool", *arguments), input=given, capture_output=True, text=True, timeout=60, check=False
        )
    except FileNotFoundError:
        raise SkipTest("promtool is not installed") from None


class MetricsCase(SynchronousTestCase):
    """A server with metrics on a port of its own.

    :ivar metrics: the port.
    """

    def served(self, server: Server) -> Server:
        """Start a server with metrics."""
        self.addCleanup(server.stop)
        self.metrics = server.free_port()
        self.add(server, self.endpoint())
        server.start()
        return server

    def endpoint(self) -> str:
        """The endpoint."""
        return f"tcp:{self.metrics}:interface=127.0.0.1"

    def add(self, server: Server, endpoint: str) -> None:
        """Write the section."""
        with server.configuration.open("a") as file:
            file.write(f"metrics: {{endpoint: '{endpoint}'}}\n")

    def value(self, series: str) -> float:
        """The value of a series, with its labels as the page has them."""
        _, text = page(self.metrics)
        return float(next(line for line in text.splitlines() if line.startswith(f"{series} ")).split()[-1])


class PromtoolTests(MetricsCase):
    """``promtool``, of Prometheus."""

    def sessions(self, server: TlsServer) -> None:
        """Sessions of all kinds: logins right and wrong, transfers in clear and under TLS, refusals."""
        for client in (ftplib.FTP(), ftplib.FTP_TLS(context=trusting())):
            with client:
                client.connect("127.0.0.1", server.port, timeout=20)
                with contextlib.suppress(ftplib.Error):
                    client.login("mallory", "wrong")
                client.login("alice", "secret")
                if isinstance(client, ftplib.FTP_TLS):
                    client.prot_p()
                client.storbinary("STOR file", io.BytesIO(b"x" * 100_000))
                client.retrbinary("RETR file", lambda data: None)
                client.retrlines("LIST", lambda line: None)
                for command in ("FOO bar", "RETR nothing", "SIZE file", 'X"\\{} {}'):
                    with contextlib.suppress(ftplib.Error):
                        client.sendcmd(command)

    def test_check_metrics(self) -> None:
        """It accepts what a server says that has served real sessions, and warns of nothing."""
        self.sessions(self.tls())
        _, text = page(self.metrics)
        checked = promtool("check", "metrics", given=text)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_check_rules(self) -> None:
        """It accepts the example of alerts."""
        checked = promtool("check", "rules", str(RULES))
        self.assertEqual((checked.returncode, "SUCCESS: 17 rules found" in checked.stdout), (0, True), checked.stderr)

    def test_the_values_are_those_of_the_sessions(self) -> None:
        """Bytes and handshakes, by protection."""
        self.sessions(self.tls())
        self.assertEqual(self.value('ftpd_data_bytes_total{direction="upload",protection="private"}'), 100_000)
        self.assertEqual(self.value('ftpd_data_bytes_total{direction="download",protection="clear"}'), 100_000)
        self.assertEqual(
            self.value('ftpd_tls_handshakes_total{connection="control",resumed="no",version="TLSv1.3"}'), 1
        )
        self.assertEqual(self.value('ftpd_logins_total{checker="accounts",outcome="accepted"}'), 2)
        self.assertEqual(self.value('ftpd_logins_total{checker="none",outcome="wrong"}'), 2)

    def tls(self) -> TlsServer:
        """A server with TLS."""
        server = TlsServer()
        self.served(server)
        return server


class EndpointTests(MetricsCase):
    """Endpoints in a real process."""

    def test_a_port_in_use_is_one_line(self) -> None:
        """The server does not start."""
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        server = Server()
        self.addCleanup(server.stop)
        self.add(server, f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1")
        ended = run(
            twistd(), "--nodaemon", "--pidfile=", "--logfile=/dev/null", "ftpd", "-c", str(server.configuration)
        )
        lines = ended.stderr.decode().splitlines()
        self.assertEqual((ended.returncode, len([line for line in lines if "Address already in use" in line])), (1, 1))
        self.assertNotIn("Traceback", ended.stderr.decode())

    def test_a_missing_library_is_one_line(self) -> None:
        """It says how to install it; ``check`` says the same."""
        server = Server()
        self.addCleanup(server.stop)
        self.add(server, "tcp:9121")
        code = "import sys; sys.modules['prometheus_client'] = None; from ftpd_service.admin.cli import main; main()"
        for word in ("check", "serve"):
            ended = run(sys.executable, "-c", code, "-c", str(server.configuration), word)
            told = [line for line in ended.stderr.decode().splitlines() if "warning" not in line]
            self.assertEqual((ended.returncode, len(told)), (1, 1), told)
            self.assertIn("metrics: the library prometheus_client", told[0])
            self.assertIn('install it by: pip install "ftpd-service[metrics]"', told[0])

    def test_a_socket_of_the_file_system(self) -> None:
        """Programs with rights to the file can read it."""
        server = Server()
        self.addCleanup(server.stop)
        path = server.folder / "metrics.sock"
        self.add(server, f"unix:{path}:mode=600")
        server.start()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(path))
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        self.assertEqual((path.stat().st_mode & 0o777, answer.split()[1], answer[-3:]), (0o600, b"200", b"ok\n"))

    def test_https(self) -> None:
        """With a certificate of its own."""
        server = TlsServer()
        self.addCleanup(server.stop)
        port = server.free_port()
        folder = server.folder
        self.add(server, f"ssl:{port}:interface=127.0.0.1:privateKey={folder}/key.pem:certKey={folder}/cert.pem")
        server.start()
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=trusting())
        with contextlib.closing(connection):
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b"ok\n")

    def test_https_after_an_upgrade(self) -> None:
        """The new process protects the port that it takes over, too."""
        folder = TlsServer().folder
        server = UpgradedServer()
        self.addCleanup(server.stop)
        port = server.free_port()
        self.add(server, f"ssl:{port}:interface=127.0.0.1:privateKey={folder}/key.pem:certKey={folder}/cert.pem")
        server.start()
        server.upgrade()
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=trusting())
        with contextlib.closing(connection):
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b"ok\n")

    def test_a_reload_widens_its_address(self) -> None:
        """The new port is open before the old one closes, though both have the same number."""
        server = self.served(Server())
        before = server.configuration.read_text()
        server.configuration.write_text(before.replace(self.endpoint(), f"tcp:{self.metrics}:interface=0.0.0.0"))
        server.signal(signal.SIGHUP)
        server.logged("the configuration was read again")
        self.assertEqual(page(self.metrics, "/readyz"), (200, "ready\n"))

    def test_a_reload_adds_and_removes_it(self) -> None:
        """Beside a session that stays."""
        server = Server()
        self.addCleanup(server.stop)
        server.start()
        before, port = server.configuration.read_text(), server.free_port()
        with ftplib.FTP() as client:
            client.connect("127.0.0.1", server.port, timeout=20)
            client.login("alice", "secret")
            self.add(server, f"tcp:{port}:interface=127.0.0.1")
            server.signal(signal.SIGHUP)
            server.logged("metrics is new")
            server.logged("the configuration was read again")
            self.assertEqual(page(port, "/readyz"), (200, "ready\n"))
            since = len(server.log)
            server.configuration.write_text(before)
            server.signal(signal.SIGHUP)
            server.logged("the configuration was read again", since=since)
            self.assertRaises(ConnectionRefusedError, page, port)
            self.assertTrue(client.voidcmd("NOOP").startswith("200"))


class CrowdTests(MetricsCase):
    """Clients that mean no good."""

    def test_idle_clients_keep_nobody_out(self) -> None:
        """Far more than there is room for."""
        self.served(Server())
        with contextlib.ExitStack() as idle:
            for _ in range(200):
                idle.enter_context(socket.create_connection(("127.0.0.1", self.metrics), 20)).sendall(b"GET /met")
            self.assertEqual(page(self.metrics)[0], 200)

    def test_sessions_go_on_beside_many_requests(self) -> None:
        """Hundreds of requests in a second; each command is answered."""
        server = self.served(Server())
        with ftplib.FTP() as client:
            client.connect("127.0.0.1", server.port, timeout=20)
            client.login("alice", "secret")
            for _ in range(300):
                self.assertEqual(page(self.metrics)[0], 200)
                self.assertTrue(client.voidcmd("NOOP").startswith("200"))

    def test_no_text_of_a_client_comes_back(self) -> None:
        """Neither in a page nor in the log."""
        server = self.served(Server())
        self.assertEqual(page(self.metrics, "/%3Cscript%3E")[1], "/metrics, /healthz or /readyz\n")
        self.assertNotIn("3Cscript", server.log)
