"""An account whose home and folder are directories of the host, and a system that meddles with its copies."""

from __future__ import annotations

import os
from collections.abc import Callable

from twisted.internet.task import Clock

from ftpd_service import copied_bytes
from ftpd_service.account import Account, LiveAccount
from ftpd_service.interfaces import IStorage
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.path_rules import Folder
from ftpd_service.storage.account_tree import account_tree
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.permitted import Permitted
from ftpd_service.upload_policy import GivenUploads
from ftpd_service.values import Permissions, VirtualPath
from tests.cases import SynchronousTestCase
from tests.storage.local.disk import ByOpening, Disk

SHARED = VirtualPath("/shared")

STEP = 1000
CONTENT = b"0123456789" * 250
"""Three steps."""
MODIFIED_NS = 1_500_000_000_123_456_000


def failing(number: int) -> Callable[[], object]:
    """A call that fails with an error of the system."""

    def fail() -> object:
        raise OSError(number, os.strerror(number))

    return fail


def once(call: Callable[[], object]) -> Callable[[], object]:
    """A call that does something the first time only."""
    calls = [call]

    def first() -> object:
        return calls.pop()() if calls else None

    return first


class Meddling(ByOpening):
    """The system, with a call between the steps of a copy, and one behind the commit.

    :ivar step: is called behind each step.
    :ivar committed: is called when the copy has its name.
    """

    def __init__(self) -> None:
        super().__init__(open_by_kernel)
        self.step: Callable[[], object] = lambda: None
        self.committed: Callable[[], object] = lambda: None
        self.steps = 0

    def copy_range(self, source: int, offset: int, target: int, count: int) -> int:
        copied = super().copy_range(source, offset, target, count)
        self.steps += 1
        self.step()
        return copied

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        super().name_unnamed(descriptor, directory, name)
        self.committed()


class TwoDisks(SynchronousTestCase):
    """A home with ``/file`` and a folder ``/shared``, on two directories of the host.

    :ivar last: how often a copy had its last look before the commit.
    """

    def setUp(self) -> None:
        self.patch(copied_bytes, "COPY_STEP_BYTES", STEP)
        self.home, self.folder = Disk(self.mktemp()), Disk(self.mktemp())
        for disk in (self.home, self.folder):
            self.addCleanup(disk.remove)
        self.system = Meddling()
        self.clock = Clock()
        self.copies = Copies(self.clock)
        self.last = 0
        self.home.put("/file", CONTENT)
        os.chmod(self.home.host("/file"), 0o640)
        os.utime(self.home.host("/file"), ns=(0, MODIFIED_NS))
        self.tree = self.tree_of(self.account())

    def account(self) -> Account:
        """The account."""
        folders = (Folder(path=SHARED, host=self.folder.root),)
        return Account(name="alice", permissions=Permissions.ALL, folders=folders)

    def files_of(self, live: LiveAccount) -> IStorage:
        """The files of the home."""
        return self.home.storage(system=self.system)

    def files_of_folder(self, live: LiveAccount) -> IStorage:
        """The files of the folder."""
        return self.folder.storage(system=self.system)

    def tree_of(self, account: Account) -> Permitted:
        """The tree of an account."""
        live = LiveAccount(account)

        def files_of(path: str, uploads: GivenUploads) -> IStorage:
            return self.files_of_folder(live)

        tree = account_tree(self.files_of(live), live, files_of, clock=Clock(), copies=self.copies)
        assert isinstance(tree, Permitted)
        return tree

    def looked(self) -> None:
        """The last look before the commit."""
        self.last += 1

    async def move(self, source: str = "/file", target: str = "/shared/new") -> None:
        """Move a file."""
        await self.tree.move_file(VirtualPath(source), VirtualPath(target), self.looked)

    async def copy(self, source: str = "/file", target: str = "/shared/new") -> None:
        """Copy a file."""
        await self.tree.copy_file(VirtualPath(source), VirtualPath(target), self.looked)

    def standing(self) -> tuple[list[str], list[str]]:
        """All names on both disks, and nothing is open on them."""
        self.assertEqual((self.home.open_in(), self.folder.open_in()), ([], []))
        return self.home.names("/"), self.folder.names("/")
