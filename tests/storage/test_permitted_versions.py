"""The wrapper that says no, about former files."""

from __future__ import annotations

from ftpd_service.errors import NameNotAllowed, NotFound, PermissionDenied
from ftpd_service.path_rules import PathRule
from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.contract_ground import listed, read, write
from ftpd_service.values import Permissions, VirtualPath, WriteMode
from tests.storage.test_permitted import A, PermittedCase


class VersionTests(PermittedCase):
    """Former files, which only the server makes."""

    def setUp(self) -> None:
        """A version of each of two files."""
        super().setUp()
        self.memory.put_directory("/.versions")
        for name in ("a.~1~", "b.~1~"):
            self.memory.put(f"/.versions/{name}", b"former")
        self.version = VirtualPath("/.versions/a.~1~")

    def test_a_file_that_may_not_be_read(self) -> None:
        """Neither may its versions."""
        storage = Permitted(self.memory, Rules(Permissions.ALL, rules=[PathRule(path="a", deny=Permissions.READ)]))
        self.fails(storage.open_read(self.version, 0), PermissionDenied)
        self.assertEqual(self.successResultOf(read(storage, "/.versions/b.~1~")), b"former")

    def test_a_hidden_file(self) -> None:
        """Its versions are missing, and in no listing."""
        storage = Permitted(self.memory, Rules(Permissions.ALL, hide=["a"]))
        self.fails(storage.stat(self.version), NotFound)
        self.assertEqual([one.name for one in self.successResultOf(listed(storage, "/.versions"))], ["b.~1~"])

    def test_no_client_makes_one(self) -> None:
        """By no verb, with all permissions; another name in the directory is nobody's business."""
        storage = self.only(Permissions.ALL)
        for path in (self.version, VirtualPath("/.versions/a.~999999999~"), VirtualPath("/d/.versions")):
            self.fails(storage.open_write(path, WriteMode.REPLACE, 0), NameNotAllowed)
            self.fails(storage.rename(A, path), NameNotAllowed)
        self.successResultOf(storage.make_directory(VirtualPath("/d/.versions")))
        self.successResultOf(write(storage, "/.versions/notes", b"x"))
