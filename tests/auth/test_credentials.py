"""What checkers are given."""

from __future__ import annotations

from twisted.cred.credentials import IUsernamePassword
from zope.interface.verify import verifyObject

from ftpd_service.auth.credentials import ISessionCredentials
from tests.auth.strangers import PEER, credentials
from tests.cases import SynchronousTestCase


class SessionCredentialsTests(SynchronousTestCase):
    """Name and password with their connection."""

    def test_provides_both_interfaces(self) -> None:
        """Checkers for Twisted's interface and for ours are given the same object."""
        self.assertTrue(verifyObject(ISessionCredentials, credentials()))
        self.assertTrue(IUsernamePassword.providedBy(credentials()))

    def test_carries_the_connection(self) -> None:
        """A checker sees where the client is and whether TLS is active."""
        self.assertEqual((credentials().peer, credentials().peer.secure), (PEER, True))

    def test_right_password(self) -> None:
        """The very password is right."""
        self.assertTrue(credentials(password=b"hunter2").checkPassword(b"hunter2"))

    def test_wrong_password(self) -> None:
        """A part of it is wrong."""
        self.assertFalse(credentials(password=b"hunter2").checkPassword(b"hunter"))

    def test_repr_shows_no_password(self) -> None:
        """Whoever logs the credentials logs no password."""
        self.assertNotIn("hunter2", repr(credentials(password=b"hunter2")))
