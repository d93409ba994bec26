"""Reloads under a real systemd."""

from __future__ import annotations

import time

from tests.integration.load_of_clients import Load
from tests.integration.running_unit import HOME, RunningUnit

TRANSFERS, RELOADS = 50, 10
SECOND = ', {endpoint: "tcp:2121:interface=127.0.0.1"}'
LOOK = ("journalctl", "--quiet", "--unit=ftpd.service", "--output=cat", "--grep=the configuration was read again")
"""The sessions of a load fill the end of the log, so the journal looks for the line."""


class ReloadTests(RunningUnit):
    """``systemctl reload``."""

    def reload(self, number: int) -> None:
        """Change a limit, open or close a second port, and wait until that is in force."""
        text = self.configuration.replace("1000", str(1000 + number))
        self.configure(text.replace('"}]', f'"}}{SECOND if number % 2 else ""}]'))
        self.bench.systemctl("reload", "ftpd.service")
        until = time.monotonic() + 60
        while len(self.bench.run(*LOOK, failing=True).stdout.splitlines()) <= number:
            self.look_again(until)

    def test_ten_reloads_under_load(self) -> None:
        """No transfer ends, no connection is refused, and the process and its unit stay."""
        load = Load(self.log_in, self.bench.inside(HOME), transfers=TRANSFERS)
        self.addCleanup(load.finish)
        load.start()
        main = self.main()
        for number in range(RELOADS):
            self.reload(number)
        load.finish()
        self.assertEqual((load.failures, self.main(), self.restarts()), ([], main, ("active", "0")))
        self.assertGreater(load.connections, RELOADS)
