"""Certificates and keys that many contexts share."""

from __future__ import annotations

import contextlib
import gc
import os
import ssl
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from ftpd_service.tls.openssl import PrivateKey, Shown
from ftpd_service.tls.self_signed import self_signed
from tests.cases import SynchronousTestCase
from tests.tls.hands import Hands, client_context


def certificate(name: str) -> tuple[x509.Certificate, PrivateKey]:
    """A certificate with its key."""
    pem, key_pem = self_signed([name], now=datetime.now(timezone.utc))
    key = load_pem_private_key(key_pem, None)
    assert isinstance(key, PrivateKey)
    return x509.load_pem_x509_certificate(pem), key


def context_of(shown: Shown) -> SSL.Context:
    """A server's context that shows them."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    shown.put_into(context)
    return context


def seen(context: SSL.Context) -> list[x509.Certificate]:
    """All certificates that a client is shown."""
    server = SSL.Connection(context)
    server.set_accept_state()
    client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    client.set_connect_state()
    for _ in range(3):
        for here, there in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                here.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                there.bio_write(here.bio_read(65536))
    return client.get_peer_cert_chain(as_cryptography=True) or []


class ShownTests(SynchronousTestCase):
    """One parsed certificate, many contexts."""

    def setUp(self) -> None:
        """One with another above it."""
        self.own, self.key = certificate("ftp.example")
        self.above, _ = certificate("authority.example")

    def test_the_chain_is_shown(self) -> None:
        """In its order, by every context."""
        shown = Shown(self.own, [self.above], self.key)
        contexts = [context_of(shown) for _ in range(3)]
        for context in contexts:
            self.assertEqual(seen(context), [self.own, self.above])

    def test_contexts_that_are_gone(self) -> None:
        """Take nothing with them."""
        shown = Shown(self.own, [self.above], self.key)
        for _ in range(20):
            context_of(shown)
        gc.collect()
        self.assertEqual(seen(context_of(shown)), [self.own, self.above])

    def test_contexts_that_stay(self) -> None:
        """Need it no longer: certificates are replaced under running sessions."""
        context = context_of(Shown(self.own, [self.above], self.key))
        gc.collect()
        self.assertEqual(seen(context), [self.own, self.above])

    def test_a_key_that_does_not_fit(self) -> None:
        """Is refused, with OpenSSL's reason, and leaves none behind for the next."""
        _, other = certificate("other.example")
        problem = self.assertRaises(SSL.Error, context_of, Shown(self.own, [], other))
        self.assertIn("key values mismatch", str(problem))
        context = context_of(Shown(self.own, [], self.key))
        context.set_session_id(os.urandom(8))
        server = SSL.Connection(context)
        server.set_accept_state()
        hands = Hands(server, client_context(version=ssl.TLSVersion.TLSv1_3)).shake()
        self.assertEqual(hands.say(b"x"), b"x")
