"""Tests of what is said when a file is read again."""

from __future__ import annotations

from ftpd_service.config.differences import changed
from tests.config.files import FileTestCase

ACCOUNT = "accounts: {a: {home: /x, password: '{plain}one'}}"


class Changes(FileTestCase):
    """Two files, and the difference in the file's words."""

    def between(self, old: str, new: str) -> tuple[str, ...]:
        """What is said of two files."""
        return changed(self.loaded(old), self.loaded(new))

    def test_the_same_file_has_no_changes(self) -> None:
        """Nor does one that spells the same otherwise."""
        self.assertEqual(self.between("limits: {idle_timeout: 15m}", "limits: {idle_timeout: 900}"), ())

    def test_a_key_is_told_with_both_values(self) -> None:
        """Numbers, durations, caps, booleans, octal digits."""
        self.assertEqual(self.between("", "limits: {sessions: 5}"), ("limits.sessions is 5, was 10000",))
        self.assertEqual(self.between("", "limits: {stall_timeout: 1m}"), ("limits.stall_timeout is 60s, was 300s",))
        self.assertEqual(
            self.between("limits: {sessions_per_account: 4}", ""), ("limits.sessions_per_account is unset, was 4",)
        )
        self.assertEqual(self.between("", "listing: {dot_files: false}"), ("listing.dot_files is false, was true",))
        self.assertEqual(self.between("", "uploads: {umask: '077'}"), ("uploads.umask is 077, was 027",))
        self.assertEqual(self.between("", "uploads: {mode: in-place}"), ("uploads.mode is in-place, was atomic",))

    def test_ports_are_told_as_they_are_written(self) -> None:
        """Ranges with holes."""
        self.assertEqual(
            self.between("", "data_connections: {passive_ports: '1000-1009,1020'}"),
            ("data_connections.passive_ports is 1000-1009, 1020, was unset",),
        )

    def test_listeners_come_and_go(self) -> None:
        """A reload opens and closes their ports."""
        texts = self.between("listeners: [{endpoint: tcp:21}]", "listeners: [{endpoint: tcp:22}]")
        self.assertEqual(texts, ("listeners[tcp:22] is new", "listeners[tcp:21] is gone"))

    def test_the_queue_of_the_log_needs_a_restart(self) -> None:
        """It was made before the service."""
        texts = self.between("", "logging: {queue: 50}")
        self.assertEqual(texts, ("logging.queue is 50, was 100000; needs a restart",))

    def test_a_banner_is_a_change_of_its_listener(self) -> None:
        """The listener itself is the same."""
        old, new = "listeners: [{endpoint: tcp:21, banner: a}]", "listeners: [{endpoint: tcp:21, banner: b}]"
        self.assertEqual(self.between(old, new), ("listeners[tcp:21].banner changed",))

    def test_rates_are_told(self) -> None:
        """Those of the server with both values, the others by their owner."""
        self.assertEqual(
            self.between("limits: {upload: 1KiB/s}", "limits: {upload: 2KiB/s, download_per_session: 1B/s}"),
            ("limits.upload is 2048B/s, was 1024B/s", "limits.download_per_session is 1B/s, was unset"),
        )
        self.assertEqual(
            self.between("", "listeners: [{limits: {upload: 1B/s}}]"),
            ("listeners[tcp:2121:interface=127.0.0.1].limits.upload is 1B/s, was unset",),
        )
        self.assertEqual(
            self.between(ACCOUNT, ACCOUNT.replace("home: /x", "home: /x, limits: {download: 1B/s}")),
            ("accounts.a.limits.download is 1B/s, was unset",),
        )

    def test_accounts_come_go_and_change(self) -> None:
        """By name."""
        self.assertEqual(self.between("", ACCOUNT), ("accounts.a is new",))
        self.assertEqual(self.between(ACCOUNT, ""), ("accounts.a is gone",))
        other = "accounts: {a: {home: /y, password: '{plain}one', permissions: all, limits: {sessions: 1}}}"
        self.assertEqual(
            self.between(ACCOUNT, other),
            (
                "accounts.a.home changed",
                "accounts.a.permissions is all, was unset",
                "accounts.a.limits.sessions is 1, was unset",
            ),
        )

    def test_another_password_is_told_and_not_shown(self) -> None:
        """Neither the old one nor the new."""
        texts = self.between(ACCOUNT, ACCOUNT.replace("one", "two"))
        self.assertEqual(texts, ("accounts.a.password changed",))

    def test_checkers_are_told_and_not_shown(self) -> None:
        """Their descriptions may hold passwords."""
        texts = self.between("", "auth: {checkers: [{strcred: 'memory:a:hunter2'}]}")
        self.assertEqual(texts, ("auth.checkers changed",))
