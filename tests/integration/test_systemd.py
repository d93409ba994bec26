"""The unit under a real systemd."""

from __future__ import annotations

from tests.integration.systemd_case import SystemdCase


class UnitTests(SystemdCase):
    """The service as its unit starts it."""

    def test_the_unit_is_active_when_the_service_is_ready(self) -> None:
        """Type=notify: `systemctl start` returns after READY, so the first client is served."""
        self.start()
        self.assertEqual(self.bench.show("ActiveState"), "active")
        self.assertTrue(self.client().voidcmd("NOOP").startswith("200"))
