"""The wrapper that says no: which permission each method needs, and what it leaves alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine

from zope.interface import implementer_only

from ftpd_service.errors import (
    AlreadyExists,
    FtpdError,
    NotAPlainFile,
    NotFound,
    PermissionDenied,
)
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IMapNames, IMapPages, IStorage
from ftpd_service.path_rules import PathRule
from ftpd_service.policy.permissions import WHOLE_TREE, Rules
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.contract_ground import listed, read, write
from ftpd_service.testing.contract_ground import stat as stat_of
from ftpd_service.values import ROOT, Entry, Page, Permissions, VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.storage.mapping import Mapping

A, B, D = VirtualPath("/a"), VirtualPath("/b"), VirtualPath("/d")


def by_name(permissions: Permissions) -> Rules:
    """Only reading and listing ``/a``."""
    return Rules(permissions, rules=[PathRule(path="/a", allow=Permissions.READ | Permissions.LIST)])


class OnlyFifos(MemoryStorage):
    """A storage where every name is a FIFO."""

    async def stat(self, path: VirtualPath) -> Entry:
        raise NotAPlainFile("a FIFO")


class PermittedCase(SynchronousTestCase):
    """A memory storage behind the wrapper; nothing waits."""

    def setUp(self) -> None:
        self.memory = MemoryStorage()
        self.memory.put("/a", b"0123")
        self.memory.put_directory("/d")

    def only(self, permissions: Permissions) -> Permitted:
        """The storage with these permissions."""
        return Permitted(self.memory, Rules(permissions))

    def without(self, permissions: Permissions) -> Permitted:
        """The storage with all permissions but these."""
        return self.only(Permissions.ALL & ~permissions)

    def denied(self, coroutine: Coroutine[object, object, object]) -> None:
        """Demand a refusal that names its rule."""
        self.assertEqual(self.failureResultOf(coroutine, PermissionDenied).value.rule, WHOLE_TREE)

    def fails(self, coroutine: Coroutine[object, object, object], kind: type[FtpdError]) -> None:
        """Demand another refusal."""
        self.failureResultOf(coroutine, kind)


class TestReading(PermittedCase):
    """LIST and READ."""

    def test_listing_needs_list(self) -> None:
        """Without it no entry comes."""
        self.denied(listed(self.without(Permissions.LIST), "/"))

    def test_listing_needs_nothing_else(self) -> None:
        """With it all do."""
        entries = self.successResultOf(listed(self.only(Permissions.LIST), "/"))
        self.assertEqual([entry.name for entry in entries], ["a", "d"])

    def test_reading_needs_read(self) -> None:
        """RETR without it is denied."""
        self.denied(read(self.without(Permissions.READ), "/a"))

    def test_reading_needs_nothing_else(self) -> None:
        """With it it is not."""
        self.assertEqual(self.successResultOf(read(self.only(Permissions.READ), "/a")), b"0123")

    def test_an_account_that_may_go_on_with_an_upload_is_told_of_files(self) -> None:
        """Clients ask for the size before they append."""
        self.assertEqual(self.successResultOf(stat_of(self.only(Permissions.APPEND), "/a")).size, 4)

    def test_a_drop_box_tells_of_no_file(self) -> None:
        """Neither of one that is there nor of one that is not: the answers are the same."""
        box = self.only(Permissions.CREATE | Permissions.MAKE_DIRECTORY)
        self.denied(stat_of(box, "/a"))
        self.denied(stat_of(box, "/missing"))

    def test_a_drop_box_tells_of_nothing_that_is_no_plain_file(self) -> None:
        """A FIFO is there, too."""
        self.denied(stat_of(Permitted(OnlyFifos(), Rules(Permissions.CREATE)), "/a"))

    def test_a_drop_box_tells_of_directories(self) -> None:
        """So that they can be entered."""
        self.assertTrue(self.successResultOf(stat_of(self.only(Permissions.CREATE), "/d")))

    def test_a_demand_looks_at_nothing(self) -> None:
        """It is refused or not, whatever stands there."""
        storage = self.only(Permissions.LIST)
        storage.demand(VirtualPath("/missing"), Permissions.LIST)
        problem = self.assertRaises(PermissionDenied, storage.demand, VirtualPath("/missing"), Permissions.RENAME)
        self.assertEqual(problem.rule, WHOLE_TREE)

    def test_who_may_do_nothing_may_not(self) -> None:
        """Not even that."""
        self.denied(stat_of(self.only(Permissions.NONE), "/a"))

    def test_an_entry_tells_what_is_allowed(self) -> None:
        """The account's permissions, for the perm fact (RFC 3659 section 7.5.5)."""
        entry = self.successResultOf(stat_of(self.only(Permissions.READ), "/a"))
        self.assertEqual(entry.allowed, Permissions.READ)

    def test_a_listing_tells_what_is_allowed(self) -> None:
        """Of each entry."""
        allowed = Permissions.READ | Permissions.LIST
        entries = self.successResultOf(listed(self.only(allowed), "/"))
        self.assertEqual([entry.allowed for entry in entries], [allowed, allowed])

    def test_a_listing_tells_what_an_inner_storage_takes_away(self) -> None:
        """What both allow is allowed."""
        inner = self.only(Permissions.LIST | Permissions.READ)
        entries = self.successResultOf(listed(Permitted(inner, Rules(Permissions.LIST | Permissions.DELETE)), "/"))
        self.assertEqual([entry.allowed for entry in entries], [Permissions.LIST, Permissions.LIST])

    def test_a_listing_where_each_name_has_its_own_rule(self) -> None:
        """Each entry tells what its own allows."""
        entries = self.successResultOf(listed(Permitted(self.memory, by_name(Permissions.ALL)), "/"))
        self.assertEqual([entry.allowed for entry in entries], [Permissions.READ | Permissions.LIST, Permissions.ALL])


class TestWriting(PermittedCase):
    """CREATE, OVERWRITE and APPEND."""

    def test_a_new_file_needs_create(self) -> None:
        """All others do not help."""
        self.denied(write(self.without(Permissions.CREATE), "/b", b"abc"))

    def test_a_new_file_needs_nothing_else(self) -> None:
        """CREATE suffices."""
        self.successResultOf(write(self.only(Permissions.CREATE), "/b", b"abc"))
        self.assertEqual(self.memory.content("/b"), b"abc")

    def test_a_file_that_is_there_needs_overwrite(self) -> None:
        """All others do not help."""
        self.denied(write(self.without(Permissions.OVERWRITE), "/a", b"abc"))

    def test_overwriting_needs_nothing_else(self) -> None:
        """OVERWRITE suffices."""
        self.successResultOf(write(self.only(Permissions.OVERWRITE), "/a", b"abc"))
        self.assertEqual(self.memory.content("/a"), b"abc")

    def test_what_appears_meanwhile_is_not_overwritten(self) -> None:
        """Without OVERWRITE, whoever made it."""
        storage = self.without(Permissions.OVERWRITE)
        handle = self.successResultOf(storage.open_write(B, WriteMode.REPLACE, 0))
        self.memory.put("/b", b"theirs")
        self.fails(handle.commit(), AlreadyExists)
        self.assertEqual(self.memory.content("/b"), b"theirs")

    def test_what_appears_meanwhile_is_overwritten_with_the_permission(self) -> None:
        """As any file is."""
        handle = self.successResultOf(self.only(Permissions.ALL).open_write(B, WriteMode.REPLACE, 0))
        self.memory.put("/b", b"theirs")
        self.successResultOf(handle.commit())
        self.assertEqual(self.memory.content("/b"), b"")

    def test_appending_needs_append(self) -> None:
        """All others do not help."""
        self.denied(write(self.without(Permissions.APPEND), "/a", b"abc", WriteMode.APPEND))

    def test_appending_to_a_new_file_needs_create(self) -> None:
        """As it makes one."""
        self.denied(write(self.without(Permissions.CREATE), "/b", b"abc", WriteMode.APPEND))

    def test_resuming_at_the_end_needs_append(self) -> None:
        """It changes nothing that is there."""
        storage = self.only(Permissions.APPEND)
        self.successResultOf(storage.open_write(A, WriteMode.MODIFY, 4))

    def test_restarting_before_the_end_needs_overwrite(self) -> None:
        """One octet before it changes one."""
        self.denied(self.only(Permissions.APPEND).open_write(A, WriteMode.MODIFY, 3))

    def test_a_dangling_link_needs_create(self) -> None:
        """What it leads to would be made."""
        self.memory.put_link("/l", "new")
        self.denied(write(self.without(Permissions.CREATE), "/l", b"abc"))

    def test_a_unique_name_needs_create(self) -> None:
        """STOU."""
        self.denied(write(self.without(Permissions.CREATE), "/b", b"abc", WriteMode.CREATE))

    def test_a_unique_name_that_is_taken(self) -> None:
        """Is not a question of permissions."""
        self.fails(write(self.only(Permissions.CREATE), "/a", b"abc", WriteMode.CREATE), AlreadyExists)

    def test_who_may_not_write_learns_nothing(self) -> None:
        """A missing parent is not told."""
        self.denied(self.only(Permissions.READ).open_write(VirtualPath("/x/y"), WriteMode.REPLACE, 0))


class TestChanging(PermittedCase):
    """Everything else."""

    def test_removing_a_file_needs_delete(self) -> None:
        """DELE."""
        self.denied(self.without(Permissions.DELETE).remove_file(A))

    def test_making_a_directory_needs_its_permission(self) -> None:
        """MKD."""
        self.denied(self.without(Permissions.MAKE_DIRECTORY).make_directory(VirtualPath("/e")))

    def test_removing_a_directory_needs_its_permission(self) -> None:
        """RMD."""
        self.denied(self.without(Permissions.REMOVE_DIRECTORY).remove_directory(D))

    def test_renaming_needs_rename(self) -> None:
        """RNTO."""
        self.denied(self.without(Permissions.RENAME).rename(A, B))

    def test_renaming_to_a_new_name_needs_nothing_else(self) -> None:
        """RENAME suffices."""
        self.successResultOf(self.only(Permissions.RENAME).rename(A, B))
        self.assertEqual(self.memory.names(), ["b", "d"])

    def test_renaming_over_a_file_needs_overwrite(self) -> None:
        """As the file there is lost."""
        self.memory.put("/b", b"theirs")
        self.denied(self.without(Permissions.OVERWRITE).rename(A, B))

    def test_a_modification_time_needs_attributes(self) -> None:
        """MFMT."""
        self.denied(self.without(Permissions.ATTRIBUTES).set_modified(A, 0))

    def test_a_mode_needs_attributes(self) -> None:
        """SITE CHMOD."""
        self.denied(self.without(Permissions.ATTRIBUTES).change_mode(A, 0o600))

    def test_free_space_needs_some_permission(self) -> None:
        """AVBL."""
        self.denied(self.only(Permissions.NONE).free_bytes(ROOT))

    def test_what_the_storage_refuses_passes_through(self) -> None:
        """With all permissions its own errors come."""
        self.fails(self.only(Permissions.ALL).remove_file(B), NotFound)


@implementer_only(IStorage)
class Plain(MemoryStorage):
    """A storage without modes and free space."""


def permissions_of(page: Page) -> dict[str, Permissions]:
    """What each entry says."""
    return {entry.name: entry.allowed for entry in page}


class TestMappedPages(PermittedCase):
    """What is made of pages where they are read."""

    def setUp(self) -> None:
        super().setUp()
        self.memory = self.mapping = Mapping()
        self.memory.put("/a")
        self.memory.put("/b")

    async def made(self, rules: Rules) -> list[dict[str, Permissions]]:
        """What comes of the root's pages."""
        storage = IMapPages(Permitted(self.memory, rules))
        return [one async for one in storage.mapped(ROOT, permissions_of)]

    def test_it_needs_list(self) -> None:
        """As the pages themselves do."""
        self.denied(self.made(Rules(Permissions.ALL & ~Permissions.LIST)))

    def test_names_need_list(self) -> None:
        """As the pages do."""
        storage = Permitted(self.memory, Rules(Permissions.ALL & ~Permissions.LIST))
        with self.assertRaises(PermissionDenied):
            IMapNames(storage).mapped_names(ROOT, len)

    async def named(self) -> list[tuple[str, ...]]:
        """What the root's names are."""
        storage = IMapNames(Permitted(self.memory, Rules(Permissions.LIST)))
        return [names async for names in storage.mapped_names(ROOT, tuple)]

    def test_names_are_those_of_the_inner_storage(self) -> None:
        """No permission hides a name of a directory that may be listed."""
        self.assertEqual(self.successResultOf(self.named()), [("a", "b")])

    def test_entries_tell_what_is_permitted(self) -> None:
        """Before anything is made of them."""
        some = Permissions.LIST | Permissions.READ
        self.assertEqual(self.successResultOf(self.made(Rules(some))), [{"a": some, "b": some}])

    def test_pages_are_told_what_is_permitted_where_they_are_read(self) -> None:
        """It takes a while, so it is done on the storage's threads."""
        some = Permissions.LIST | Permissions.READ
        found = self.successResultOf(listed(self.only(some), "/"))
        self.assertEqual(([entry.allowed for entry in found], self.mapping.made), ([some] * 2, 1))

    def test_entries_of_which_each_has_a_rule(self) -> None:
        """Likewise."""
        found = self.successResultOf(self.made(by_name(Permissions.LIST)))
        self.assertEqual(found, [{"a": Permissions.READ | Permissions.LIST, "b": Permissions.LIST}])

    def test_the_inner_listing_ends_with_it(self) -> None:
        """What it has open is given back at once."""

        async def left_early() -> bool:
            pages = IMapPages(self.only(Permissions.ALL)).mapped(ROOT, permissions_of)
            assert isinstance(pages, AsyncGenerator)
            await pages.__anext__()
            before = self.mapping.closed
            await pages.aclose()
            return before

        self.assertEqual((self.successResultOf(left_early()), self.mapping.closed), (False, True))


class TestOptionalInterfaces(PermittedCase):
    """Passed on where the inner storage has them."""

    def test_those_of_a_storage_that_has_them(self) -> None:
        """FEAT and SITE ask for them."""
        storage = Permitted(Mapping(), Rules(Permissions.ALL))
        self.assertEqual([one.providedBy(storage) for one in (IMapPages, IChangeMode, IFreeSpace)], [True, True, True])

    def test_names_where_the_storage_has_them(self) -> None:
        """And nowhere else."""
        storages = [Permitted(inner, Rules(Permissions.ALL)) for inner in (Mapping(), Plain())]
        self.assertEqual([IMapNames.providedBy(storage) for storage in storages], [True, False])

    def test_those_of_a_storage_that_has_none(self) -> None:
        """Are not invented."""
        plain = Permitted(Plain(), Rules(Permissions.ALL))
        self.assertEqual([one.providedBy(plain) for one in (IMapPages, IChangeMode, IFreeSpace)], [False, False, False])
