"""Nothing of a password outlives its login."""

from __future__ import annotations

import gc

from ftpd_service.auth.credentials import SessionCredentials
from tests.auth.test_login import LoginMixin


def alive() -> int:
    """How many credentials there are in this process."""
    return sum(isinstance(one, SessionCredentials) for one in gc.get_objects())


class KeptTests(LoginMixin):
    """The credentials are freed with their login, without the collector of cycles."""

    def setUp(self) -> None:
        """Nothing but reference counts frees them."""
        super().setUp()
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)

    def test_of_a_right_password(self) -> None:
        """The session goes on without them."""
        before = alive()
        self.successResultOf(self.start(self.login))
        self.assertEqual(alive(), before)
