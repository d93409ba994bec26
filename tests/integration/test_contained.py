"""The restrictions of ``compose.yaml``, set by a real systemd: the image's user, no capability, a read-only root.

The commands are those of the Dockerfile.  Neither Docker nor the image itself is part of this test.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import yaml

from tests.integration.systemd_case import SystemdCase
from tests.pages import block
from tests.test_container import instruction

TREE = Path(__file__).parent.parent.parent

IN_PATH = ("/usr/bin/env", "PATH=/opt/ftpd/bin:/usr/bin")


class ContainedTests(SystemdCase):
    """The service with the configuration for the container."""

    configuration = (TREE / "etc" / "ftpd-container.yaml").read_text()

    def setUp(self) -> None:
        """Make the image's user and folders, by the commands of the Dockerfile and of docs/container.rst."""
        super().setUp()
        self.bench.run("userdel", "ftpd")
        self.bench.run("sh", "-euc", instruction("RUN"))
        self.bench.run("sh", "-euc", f"cd /etc\n{block('container', 'chgrp -R')}")
        self.composed: dict[str, Any] = yaml.safe_load((TREE / "compose.yaml").read_text())["services"]["ftpd"]

    def serve(self) -> None:
        """Start the image's command with the restrictions of ``compose.yaml``."""
        self.assertEqual((self.composed["read_only"], self.composed["cap_drop"]), (True, ["ALL"]))
        writable = [mount.partition(":")[0] for mount in self.composed["tmpfs"]]
        user, _, group = instruction("USER").partition(":")
        self.bench.run(
            *(f"systemd-run --unit=contained --working-directory={instruction('WORKDIR')}".split()),
            *(f"--property=User={user}", f"--property=Group={group}", "--property=ProtectSystem=strict"),
            *("--property=CapabilityBoundingSet=", "--property=NoNewPrivileges=yes"),
            *(f"--property=ReadWritePaths=/srv/ftp {' '.join(writable)}", "--property=RemainAfterExit=yes"),
            *(*IN_PATH, *json.loads(instruction("ENTRYPOINT")), *json.loads(instruction("CMD"))),
        )
        self.bench.logged("listening on", "contained")

    def health(self) -> int:
        """Return the exit status of the health check."""
        check = json.loads(instruction("HEALTHCHECK").partition("CMD")[2])
        plain = ("setpriv", "--reuid=2121", "--regid=2121", "--clear-groups", "--bounding-set=-all", "--no-new-privs")
        return self.bench.run(*plain, *IN_PATH, *check, failing=True).returncode

    def test_a_session_the_health_check_and_a_stop(self) -> None:
        """An upload arrives, the check succeeds, and the stop signal ends the service with status 0."""
        self.assertNotEqual(self.health(), 0)
        self.serve()
        with self.client(2121) as client:
            client.storbinary("STOR letter", io.BytesIO(b"Dear Alice"))
        self.assertEqual(self.bench.inside("/srv/ftp/alice/letter").read_bytes(), b"Dear Alice")
        self.assertEqual(self.health(), 0)
        self.bench.systemctl("kill", f"--signal={instruction('STOPSIGNAL')}", "contained")
        self.bench.wait_for("SubState", "exited", "contained")
        self.assertEqual(self.bench.show("ExecMainStatus", "contained"), "0")
