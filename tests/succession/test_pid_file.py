"""twistd's PID file in an upgrade, and twistd's options for other rights."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ftpd_service.succession.pid_file import PidFile, without_own_rights
from tests.cases import SynchronousTestCase


class PidFileTests(SynchronousTestCase):
    """A file that names the older process, 1."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.write_text("1")
        self.options: dict[str, Any] = {"pidfile": str(self.path)}  # Any: as twistd's options
        self.file = PidFile(self.options)

    def test_successor_hides_it(self) -> None:
        """twistd would refuse to start while the file names a process that runs."""
        self.file.hide()
        self.assertEqual((self.options["pidfile"], self.path.read_text()), ("", "1"))

    def test_successor_that_serves(self) -> None:
        """The file names it, and twistd removes the file at its end, wherever its directory is."""
        self.file.hide()
        self.file.write()
        self.file.own()
        self.assertEqual(self.path.read_text(), str(os.getpid()))
        self.assertEqual(self.options["pidfile"], str(self.path.absolute()))
        self.assertEqual([path.name for path in self.path.parent.glob(f"{self.path.name}.*")], [])

    def test_directory_in_which_no_file_can_be_made(self) -> None:
        """The file itself is written."""

        def refuse(source: object, target: object) -> None:
            raise PermissionError(13, "Permission denied")

        self.path.write_text("123456789012345")
        self.patch(os, "replace", refuse)
        self.file.hide()
        self.file.write()
        self.assertEqual(self.path.read_text(), str(os.getpid()))

    def test_older_process_forgets_it(self) -> None:
        """twistd does not remove it at the end of the older process."""
        self.file.forget()
        self.assertEqual(self.options["pidfile"], "")

    def test_without_a_file(self) -> None:
        """Nothing is written."""
        file = PidFile({"pidfile": ""})
        file.hide()
        file.write()
        file.own()
        self.assertEqual(self.path.read_text(), "1")

    def test_without_twistd(self) -> None:
        """A program that embeds the service has no such options."""
        file = PidFile(None)
        file.hide()
        file.write()
        file.own()
        file.forget()


class RightsTests(SynchronousTestCase):
    """``--uid`` and ``--gid`` of a successor, which has the rights that are left."""

    def left(self, **options: Any) -> dict[str, Any]:  # Any: as twistd's options
        """What is left of the options."""
        without_own_rights(options)
        return options

    def test_own_rights(self) -> None:
        """They are set already, and a user without root's rights could not set them again."""
        self.assertEqual(self.left(uid=os.getuid(), gid=os.getgid()), {"uid": None, "gid": None})

    def test_own_rights_of_euid(self) -> None:
        """Likewise."""
        self.assertEqual(self.left(uid=os.geteuid(), gid=os.getegid(), euid=1), {"uid": None, "gid": None, "euid": 1})

    def test_other_user(self) -> None:
        """twistd tries to become this user."""
        options = {"uid": os.getuid() + 1, "gid": os.getgid()}
        self.assertEqual(self.left(**options), options)

    def test_without_twistd(self) -> None:
        """There are no options."""
        without_own_rights(None)
