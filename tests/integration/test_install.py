"""``make install-files``, which installs the files for systemd; .ci/check-wheel runs all of ``make install``."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.interop.server import run

TREE = Path(__file__).resolve().parents[2]


class InstallTests(SynchronousTestCase):
    """Into a folder that stands for the root of a system."""

    def setUp(self) -> None:
        """Make the folder."""
        self.root = Path(tempfile.mkdtemp(prefix="ftpd-test-"))
        self.addCleanup(shutil.rmtree, self.root)

    def installed(self, *variables: str) -> set[str]:
        """Install, and return the paths of all files."""
        ended = run("make", "install-files", f"DESTDIR={self.root}", *variables, cwd=str(TREE))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return {f"/{path.relative_to(self.root)}" for path in self.root.rglob("*") if path.is_file()}

    def test_a_package_has_its_files_where_systemd_looks(self) -> None:
        """Below /usr."""
        expected = {
            "/usr/lib/systemd/system/ftpd.service",
            "/usr/lib/systemd/system/ftpd.socket",
            "/usr/lib/sysusers.d/ftpd.conf",
            "/usr/lib/tmpfiles.d/ftpd.conf",
            "/etc/logrotate.d/ftpd-service",
        }
        self.assertEqual(self.installed("prefix=/usr", "SYSTEMD_VERSION=252"), expected)

    def test_another_prefix_has_its_files_in_etc(self) -> None:
        """As systemd looks nowhere below it."""
        paths = self.installed("SYSTEMD_VERSION=252")
        self.assertLessEqual({"/etc/systemd/system/ftpd.service", "/etc/sysusers.d/ftpd.conf"}, paths)

    def test_the_unit_names_the_installed_program(self) -> None:
        """And no other one."""
        self.installed("prefix=/usr")
        text = (self.root / "usr/lib/systemd/system/ftpd.service").read_text()
        self.assertIn("\nExecStart=/usr/bin/twistd ", text)
        self.assertNotIn("=/opt/ftpd", text)

    def test_a_newer_systemd_waits_for_reloads(self) -> None:
        """By a drop-in, as systemd 252 knows no Type=notify-reload."""
        path = "/usr/lib/systemd/system/ftpd.service.d/notify-reload.conf"
        self.assertIn(path, self.installed("prefix=/usr", "SYSTEMD_VERSION=253"))

    def test_all_can_read_the_files(self) -> None:
        """And only root changes them."""
        self.installed("prefix=/usr")
        modes = {path.stat().st_mode & 0o777 for path in self.root.rglob("*") if path.is_file()}
        self.assertEqual(modes, {0o644})
