"""Upgrades under a real systemd."""

from __future__ import annotations

import time

from tests.integration.load_of_clients import Load
from tests.integration.running_unit import HOME, RunningUnit
from tests.integration.systemd_case import CONFIGURATION

TRANSFERS = 50


class UpgradeTests(RunningUnit):
    """SIGUSR2."""

    def upgrade(self) -> str:
        """Have a new process serve, and return its id."""
        former = self.main()
        self.signal("SIGUSR2")
        main = self.other_main(former)
        until = time.monotonic() + 60
        # The sessions of a load fill the end of the log.
        look = ("journalctl", "--quiet", "--unit=ftpd.service", f"--grep=process {main} serves now")
        while not self.bench.run(*look, failing=True).stdout:
            self.look_again(until)
        return main

    def test_three_upgrades_under_load(self) -> None:
        """No transfer ends, no connection is refused, the unit stays active, and nothing is restarted."""
        load = Load(self.log_in, self.bench.inside(HOME), transfers=TRANSFERS)
        self.addCleanup(load.finish)
        load.start()
        mains = {self.main(), self.upgrade(), self.upgrade(), self.upgrade()}
        load.finish()
        self.assertEqual((load.failures, len(mains), self.restarts()), ([], 4, ("active", "0")))
        self.assertGreater(load.connections, 0)

    def test_mistake_in_the_configuration(self) -> None:
        """The old process goes on to serve, and the line of ``systemctl status`` says so."""
        main = self.main()
        self.configure(f"{CONFIGURATION}limits: {{sesions: 1}}\n")
        self.signal("SIGUSR2")
        log = self.bench.logged("upgrade failed, and this process goes on to serve")
        self.assertIn("/etc/ftpd/ftpd.yaml:4: limits.sesions: unknown key", log)
        self.assertIn("the last upgrade has failed", self.bench.show("StatusText"))
        self.assertEqual((self.main(), self.restarts()), (main, ("active", "0")))
        self.assertEqual(self.client().pwd(), "/")

    def test_broken_installation(self) -> None:
        """Likewise."""
        main = self.main()
        self.bench.write("/opt/ftpd/bin/twistd", "#!/opt/ftpd/bin/python\nimport no_such_module\n")
        self.signal("SIGUSR2")
        self.assertIn("No module named 'no_such_module'", self.bench.logged("upgrade failed"))
        self.assertEqual((self.main(), self.restarts()), (main, ("active", "0")))
        self.assertEqual(self.client().pwd(), "/")

    def test_new_process_that_dies(self) -> None:
        """systemd notices, ends the old process with its sessions in order, and restarts the service."""
        client = self.client()
        main = self.upgrade()
        self.signal("SIGKILL")
        self.other_main(main)
        self.bench.wait_for("NRestarts", "1")
        self.assertEqual(self.client().pwd(), "/")
        self.assertEqual(client.getmultiline()[:4], "421 ")

    def test_stop_ends_all_processes(self) -> None:
        """Also the process that was replaced, in order."""
        client = self.client()
        self.upgrade()
        self.bench.systemctl("stop", "ftpd.service")
        self.assertEqual((self.bench.show("Result"), client.getmultiline()[:4]), ("success", "421 "))

    def test_crash_after_an_upgrade(self) -> None:
        """The socket is the same, and systemd has it once."""
        self.upgrade()
        self.assertEqual(self.stored(), 1)
        main = self.main()
        self.signal("SIGKILL")
        self.other_main(main)
        self.assertEqual((self.client().pwd(), self.stored()), ("/", 1))
