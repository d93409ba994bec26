"""A real server for scenarios, and a run's ground on it."""

from __future__ import annotations

import atexit
import datetime
import functools
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor

from ftpd_bench.data import Source
from ftpd_bench.reactor import BenchReactor
from ftpd_bench.session import Ground
from ftpd_bench.target import Target, Tls
from ftpd_bench.tls import client_context
from tests.cases import TestCase
from tests.interop.server import Server


def write_certificate(folder: Path) -> str:
    """A certificate that signs itself, and the server's section that names it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "key.pem").chmod(0o600)
    return "tls: {certificate: certificate.pem, private_key: key.pem}"


@functools.cache
def shared_server() -> Server:
    """One for all tests of the client: starting it costs more than they do.  It ends with the tests' process."""
    server = Server()
    atexit.register(server.stop)
    server.write(extra=write_certificate(server.folder))
    server.start()
    return server


class GroundCase(TestCase):
    """Tests against the shared server."""

    timeout = 30

    def setUp(self) -> None:
        """Start it before the first one."""
        self.server = shared_server()

    def ground(self, *, tls: Tls = Tls.OFF, resume: bool = True, password: str = "secret") -> Ground:
        """A ground as the account alice."""
        source = Source()
        self.addCleanup(source.close)
        process = self.server.process
        assert process is not None
        target = Target(
            host="127.0.0.1",
            port=self.server.port,
            user="alice",
            password=password,
            tls=tls,
            resume=resume,
            pid=process.pid,
        )
        # Any: the module `reactor` is replaced by the reactor when it is imported, which its type does not say.
        running = cast(BenchReactor, cast(Any, reactor))
        return Ground(reactor=running, target=target, source=source, context=client_context())
