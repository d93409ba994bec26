"""Tests of the configuration without a file."""

from __future__ import annotations

import os

from ftpd_service.config.quick import QuickOptions, UnfitDirectory, quick_config, summary
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase


class Quick(SynchronousTestCase):
    """What the options come to."""

    def setUp(self) -> None:
        """Make a directory to serve."""
        self.root = os.path.realpath(self.mktemp())
        os.mkdir(self.root)

    def test_anonymous_reads_on_the_loopback_address(self) -> None:
        """Nothing else without an option."""
        config = quick_config(QuickOptions(root=self.root))
        self.assertEqual([one.endpoint for one in config.listeners], ["tcp:2121:interface=127.0.0.1"])
        (name,), (account,) = zip(*config.accounts.accounts.items(), strict=True)
        self.assertEqual((name, account.password, account.home), ("anonymous", "any", self.root))
        self.assertEqual(account.permissions, Permissions.LIST | Permissions.READ)

    def test_the_current_directory_is_the_default(self) -> None:
        """By its real path."""
        account = quick_config(QuickOptions()).accounts.accounts["anonymous"]
        self.assertEqual(account.home, os.path.realpath(os.getcwd()))

    def test_writable_lets_anonymous_write(self) -> None:
        """Everything is allowed then."""
        config = quick_config(QuickOptions(root=self.root, writable=True))
        self.assertEqual(config.accounts.accounts["anonymous"].permissions, Permissions.ALL)

    def test_users_read_and_write_and_nobody_else_gets_in(self) -> None:
        """A password is a request for privacy."""
        config = quick_config(QuickOptions(root=self.root, users=[("a", "x:y"), ("b", "z")]))
        self.assertEqual(
            {name: account.password for name, account in config.accounts.accounts.items()},
            {"a": "{plain}x:y", "b": "{plain}z"},
        )
        self.assertEqual(config.accounts.accounts["a"].permissions, Permissions.ALL)

    def test_ipv6_interfaces_are_quoted(self) -> None:
        """Colons divide the parts of an endpoint."""
        config = quick_config(QuickOptions(root=self.root, interface="::1", port=21))
        self.assertEqual(config.listeners[0].endpoint, "tcp6:21:interface=\\:\\:1")

    def test_the_root_of_the_host_is_refused(self) -> None:
        """In every spelling, through a link too."""
        self.assertRaises(UnfitDirectory, quick_config, QuickOptions(root="/"))
        self.assertRaises(UnfitDirectory, quick_config, QuickOptions(root="//usr/.."))
        link = os.path.join(self.root, "link")
        os.symlink("/", link)
        self.assertRaises(UnfitDirectory, quick_config, QuickOptions(root=link))

    def test_what_is_no_directory_is_refused(self) -> None:
        """A missing one and a file."""
        self.assertRaises(UnfitDirectory, quick_config, QuickOptions(root=os.path.join(self.root, "missing")))
        self.assertRaises(UnfitDirectory, quick_config, QuickOptions(root=__file__))

    def test_a_directory_that_looks_like_a_template_is_refused(self) -> None:
        """Its name would be replaced."""
        odd = os.path.join(self.root, "{name}")
        os.mkdir(odd)
        self.assertRaises(UnfitDirectory, quick_config, QuickOptions(root=odd))

    def test_the_summary_says_what_is_served_to_whom(self) -> None:
        """Without passwords."""
        self.assertEqual(
            summary(QuickOptions(root=self.root)), f"serving {self.root} read-only to anonymous on 127.0.0.1:2121"
        )
        self.assertEqual(
            summary(QuickOptions(root=self.root, users=[("a", "secret")], interface="::")),
            f"serving {self.root} for reading and writing to a on [::]:2121",
        )
