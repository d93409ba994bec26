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

    def test_the_status_has_sessions_and_transfers(self) -> None:
        """The line of `systemctl status`."""
        self.start()
        client = self.client()
        data = client.transfercmd("STOR running")
        self.addCleanup(data.close)
        self.bench.wait_for("StatusText", "serving: 1 sessions, 1 transfers, reactor delay below 0.1 s")

    def test_a_reload_applies(self) -> None:
        """`systemctl reload` is SIGHUP."""
        self.start()
        self.configure(self.configuration.replace("secret", "other"))
        self.bench.systemctl("reload", "ftpd.service")
        self.bench.logged("the configuration was read again")
        self.assertTrue(self.connect().login("alice", "other").startswith("230"))

    def test_a_mistake_in_a_reload_changes_nothing_and_is_in_the_status(self) -> None:
        """The unit stays active with the old configuration."""
        self.start()
        self.configure(f"{self.configuration}limits: {{sessions: many}}\n")
        self.bench.systemctl("reload", "ftpd.service")
        self.bench.logged("the old configuration stays in force")
        self.bench.wait_for("ActiveState", "active")
        self.assertIn("the last reload has changed nothing: /etc/ftpd/ftpd.yaml:", self.bench.show("StatusText"))
        self.assertIn("limits.sessions", self.bench.show("StatusText"))
        self.assertTrue(self.client().voidcmd("NOOP").startswith("200"))
