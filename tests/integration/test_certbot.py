"""The commands of docs/tls.rst for certbot, by Debian's certbot and a certificate authority on loopback."""

from __future__ import annotations

import ssl

from tests.integration.plain_user import program
from tests.integration.systemd_case import CONFIGURATION, SystemdCase
from tests.pages import block

AUTHORITY = """\
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000", "httpPort": 80,
 "certificate": "/authority/fullchain.pem", "privateKey": "/authority/privkey.pem", "tlsPort": 443}}
"""
CERTBOT = """\
server = https://127.0.0.1:14000/dir
no-verify-ssl = true
agree-tos = true
register-unsafely-without-email = true
no-random-sleep-on-renew = true
"""


class CertbotTests(SystemdCase):
    """A certificate for ftp.example.net, read by the service's user."""

    configuration = f"{block('tls', 'live/ftp.example.net', 'yaml')}{CONFIGURATION}"

    def setUp(self) -> None:
        """Start the authority, which believes that every name leads here, and let certbot ask it."""
        for name in ("certbot", "pebble"):
            program(name)
        super().setUp()
        self.bench.run(
            *("/opt/ftpd/bin/ftpd-service", "tls", "self-signed", "--name", "127.0.0.1", "--directory", "/authority")
        )
        self.bench.write("/authority/pebble.json", AUTHORITY)
        self.bench.write("/etc/letsencrypt/cli.ini", CERTBOT)
        self.bench.run(
            *("systemd-run", "--unit=pebble", "--setenv=PEBBLE_VA_ALWAYS_VALID=1", "--setenv=PEBBLE_VA_NOSLEEP=1"),
            "--setenv=PEBBLE_WFE_NONCEREJECT=0",  # else it refuses some of all requests
            *("pebble", "-config", "/authority/pebble.json"),
        )
        self.bench.logged("ACME directory available", "pebble")
        self.bench.run("sh", "-euc", block("tls", "certbot certonly"))

    def test_a_renewal_needs_no_reload(self) -> None:
        """The service reads the next key by itself, because certbot keeps the group and the rights."""
        self.start()
        former = self.certificate()
        told = self.bench.run("sh", "-c", f"{block('tls', 'certbot renew').strip()} --force-renewal")
        self.assertIn("/etc/ftpd/ftpd.yaml: ok", f"{told.stdout}{told.stderr}")
        self.bench.logged("the certificates were read again")
        self.assertNotEqual(self.certificate(), former)

    def certificate(self) -> str:
        """The certificate that a client sees."""
        client = self.connect()
        client.sendcmd("AUTH TLS")
        assert client.sock is not None, "it is connected"
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(client.sock) as protected:
            return ssl.DER_cert_to_PEM_cert(protected.getpeercert(binary_form=True) or b"")
