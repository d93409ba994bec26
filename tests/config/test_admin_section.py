"""The section ``admin``: the socket of operators."""

from __future__ import annotations

import os
import shutil
import tempfile

from ftpd_service.admin_socket.settings import AdminSettings
from ftpd_service.admin_socket.socket_file import LONGEST_PATH_BYTES
from ftpd_service.config.load import load
from tests.config.files import FileTestCase


class AdminTests(FileTestCase):
    """Its keys and their mistakes."""

    def settings(self, text: str) -> AdminSettings | None:
        """The settings of a file."""
        return load(self.write(text), {}).admin

    def test_absent(self) -> None:
        """There is no socket."""
        self.assertIsNone(self.settings("admin:\n"))

    def test_defaults(self) -> None:
        """The group may ask, and its name is that of the service's group."""
        self.assertEqual(self.settings("admin: {socket: /run/a.sock}"), AdminSettings(socket="/run/a.sock", mode=0o660))

    def test_a_relative_path(self) -> None:
        """It starts at the directory of the file."""
        # A folder of trial's has too long a path for a socket.
        folder = tempfile.mkdtemp(prefix="ftpd-")
        self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(folder, "f.yaml"), "w", encoding="utf-8") as file:
            file.write("admin: {socket: a.sock}")
        self.assertEqual(load(file.name, {}).admin, AdminSettings(socket=os.path.join(folder, "a.sock")))

    def test_mode_and_group(self) -> None:
        """Only root and the service's user, or the group too."""
        told = self.settings('admin: {socket: /a, mode: "600", group: operators}')
        self.assertEqual(told, AdminSettings(socket="/a", mode=0o600, group="operators"))

    def test_no_socket(self) -> None:
        """The path must be given."""
        self.assertEqual(self.problem('admin: {mode: "660"}').path, "admin.socket")

    def test_a_mode_for_everybody(self) -> None:
        """Other users are refused by the service, so such a mode would say too much."""
        self.assertIn("all others are refused", self.problem('admin: {socket: /a, mode: "666"}').text)

    def test_a_mode_without_quotes(self) -> None:
        """YAML reads a number."""
        self.assertIn("in quotes", self.problem("admin: {socket: /a, mode: 660}").text)

    def test_the_longest_path(self) -> None:
        """The kernel's bound counts."""
        path = "/".ljust(LONGEST_PATH_BYTES, "a")
        self.assertEqual(self.settings(f"admin: {{socket: {path}}}"), AdminSettings(socket=path))
        self.assertIn(f"at most {LONGEST_PATH_BYTES} bytes", self.problem(f"admin: {{socket: {path}a}}").text)
