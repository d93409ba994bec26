"""Rules by path, hidden and refused names, in the wrapper that enforces them."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ftpd_service.errors import FtpdError, NameNotAllowed, NotFound, PermissionDenied
from ftpd_service.interfaces import IMapNames
from ftpd_service.path_rules import PathRule
from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.contract_ground import listed, opened, read, write
from ftpd_service.testing.contract_ground import stat as stat_of
from ftpd_service.values import ROOT, Permissions, VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.storage.mapping import Mapping

BOX = PathRule(path="/in/**", allow=Permissions.CREATE, id="drop-box")
KEYS = PathRule(path="**/.ssh/**", deny=Permissions.ALL, id="keys")


class Racing(Mapping):
    """A storage in which another session, before the first rename, moves ``/d`` to the place of a file."""

    raced = False

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        if not self.raced:
            self.raced = True
            await self.remove_file(source)
            await super().rename(VirtualPath("/d"), source)
        await super().rename(source, target)


def renamed(storage: Permitted, source: str, target: str) -> Coroutine[Any, Any, None]:  # Any: as Coroutine has it
    """A rename of paths as texts."""
    return storage.rename(VirtualPath(source), VirtualPath(target))


class RulesCase(SynchronousTestCase):
    """A memory storage behind the wrapper; nothing waits."""

    def setUp(self) -> None:
        self.memory = Mapping()
        for path in ("/in/x", "/pub/x", "/pub/.ssh/key", "/pub/.x", "/d/x.exe"):
            self.memory.put(path, b"0123")

    def only(
        self, *rules: PathRule, hide: tuple[str, ...] = (), refuse: tuple[str, ...] = (), all: Permissions | None = None
    ) -> Permitted:
        """The storage with these rules, and else all permissions."""
        granted = Permissions.ALL if all is None else all
        return Permitted(self.memory, Rules(granted, rules=rules, hide=hide, refuse=refuse))

    def fails(self, coroutine: Coroutine[object, object, object], kind: type[FtpdError], rule: str | None) -> FtpdError:
        """Demand an error that names a rule."""
        problem = self.failureResultOf(coroutine, kind).value
        self.assertEqual(getattr(problem, "rule", None), rule)
        assert isinstance(problem, FtpdError)
        return problem

    def names(self, storage: Permitted, path: str) -> list[str]:
        """The names of a listing; the names of NLST are the same."""

        async def mapped() -> list[str]:
            pages = IMapNames(storage).mapped_names(VirtualPath(path), tuple)
            return [name async for page in pages for name in page]

        found = [entry.name for entry in self.successResultOf(listed(storage, path))]
        self.assertEqual(self.successResultOf(mapped()), found)
        return found


class TestDropBox(RulesCase):
    """A directory whose rule allows only new files."""

    def setUp(self) -> None:
        super().setUp()
        self.box = self.only(BOX)

    def test_a_new_file_is_stored(self) -> None:
        """CREATE suffices."""
        self.successResultOf(write(self.box, "/in/y", b"abc"))
        self.assertEqual(self.memory.content("/in/y"), b"abc")

    def test_a_file_is_not_overwritten(self) -> None:
        """The refusal names the rule."""
        self.fails(write(self.box, "/in/x", b"abc"), PermissionDenied, "drop-box")

    def test_its_listing_is_empty(self) -> None:
        """The names in it may not be listed, though the directory may."""
        self.assertEqual(self.names(self.box, "/in"), [])

    def test_a_file_is_not_told(self) -> None:
        """There or not."""
        self.fails(stat_of(self.box, "/in/x"), PermissionDenied, "drop-box")
        self.fails(stat_of(self.box, "/in/missing"), PermissionDenied, "drop-box")

    def test_a_directory_in_it_is_not_listed_either(self) -> None:
        """Likewise."""
        self.fails(listed(self.box, "/in/x"), PermissionDenied, "drop-box")

    def test_beside_it_the_permissions_hold(self) -> None:
        """All of them."""
        self.assertEqual(self.successResultOf(read(self.box, "/pub/x")), b"0123")

    def test_the_directory_tells_that_files_can_be_made(self) -> None:
        """In its facts, in the listing above it and by itself."""
        box = self.only(BOX, all=Permissions.LIST)
        told = {entry.name: entry.allowed for entry in self.successResultOf(listed(box, "/"))}["in"]
        self.assertEqual(told, Permissions.LIST | Permissions.CREATE)
        self.assertEqual(self.successResultOf(stat_of(box, "/in")).allowed, told)


class TestListing(RulesCase):
    """Listings leave out the names that may not be listed."""

    def test_names_that_may_not_be_listed(self) -> None:
        """As LIST of such a name is refused."""
        storage = self.only(PathRule(path="**/.ssh", deny=Permissions.ALL))
        self.assertEqual(self.names(storage, "/pub"), [".x", "x"])

    def test_hidden_names(self) -> None:
        """Files and directories."""
        self.assertEqual(self.names(self.only(hide=("**/.*",)), "/pub"), ["x"])

    def test_a_directory_of_hidden_names_only(self) -> None:
        """No empty page comes."""
        storage = self.only(hide=("/pub/*",))
        self.assertEqual(self.names(storage, "/pub"), [])

        async def pages() -> list[object]:
            return [page async for page in storage.entries(VirtualPath("/pub"))]

        self.assertEqual(self.successResultOf(pages()), [])


class TestHidden(RulesCase):
    """A hidden name, and everything below it, is missing."""

    def setUp(self) -> None:
        super().setUp()
        self.storage = self.only(hide=("**/.*",))

    def missing(self, coroutine: Coroutine[object, object, object]) -> None:
        """Demand that a name is missing, by the pattern."""
        self.fails(coroutine, NotFound, "hide **/.*")

    def test_stat(self) -> None:
        """SIZE, MDTM, MLST, CWD and RNFR ask so."""
        self.missing(stat_of(self.storage, "/pub/.x"))

    def test_below_it(self) -> None:
        """Also a name that is not hidden by itself."""
        self.missing(read(self.storage, "/pub/.ssh/key"))

    def test_listing(self) -> None:
        """Of the directory itself."""
        self.missing(listed(self.storage, "/pub/.ssh"))
        with self.assertRaises(NotFound):
            IMapNames(self.storage).mapped_names(VirtualPath("/pub/.ssh"), len)

    def test_reading(self) -> None:
        """RETR."""
        self.missing(read(self.storage, "/pub/.x"))

    def test_changing(self) -> None:
        """DELE, RMD, MFMT, SITE CHMOD, AVBL."""
        path = VirtualPath("/pub/.x")
        self.missing(self.storage.remove_file(path))
        self.missing(self.storage.remove_directory(path))
        self.missing(self.storage.set_modified(path, 0))
        self.missing(self.storage.change_mode(path, 0o600))
        self.missing(self.storage.free_bytes(VirtualPath("/pub/.ssh")))

    def test_renaming(self) -> None:
        """From it."""
        self.missing(renamed(self.storage, "/pub/.x", "/pub/y"))

    def test_making(self) -> None:
        """The name is not allowed, there or not: as those of unfinished uploads."""
        self.not_made("/pub/.x")
        self.not_made("/pub/.new")

    def not_made(self, path: str) -> None:
        """Demand that a name may not be made."""
        self.fails(write(self.storage, path, b""), NameNotAllowed, "hide **/.*")
        self.fails(self.storage.make_directory(VirtualPath(path)), NameNotAllowed, "hide **/.*")
        self.fails(renamed(self.storage, "/pub/x", path), NameNotAllowed, "hide **/.*")

    def test_making_below_it(self) -> None:
        """The directory is missing."""
        self.missing(write(self.storage, "/pub/.ssh/new", b""))
        self.missing(self.storage.make_directory(VirtualPath("/pub/.ssh/new")))

    def test_an_account_that_is_told_nothing(self) -> None:
        """Gets the answer for a missing name, which is that for a name that is there."""
        box = self.only(hide=("**/.*",), all=Permissions.CREATE)
        self.fails(stat_of(box, "/pub/.x"), PermissionDenied, "permissions")
        self.fails(stat_of(box, "/pub/.missing"), PermissionDenied, "permissions")


class TestRefused(RulesCase):
    """A refused name can be used and not made."""

    def setUp(self) -> None:
        super().setUp()
        self.storage = self.only(refuse=("*.exe",))

    def refused(self, coroutine: Coroutine[object, object, object]) -> None:
        """Demand that a name may not be made, by the pattern."""
        self.fails(coroutine, NameNotAllowed, "refuse *.exe")

    def test_every_upload(self) -> None:
        """STOR, STOU, STOR after REST, APPE: whether there is such a file or not."""
        opening = [opened(self.storage, path, mode) for mode in WriteMode for path in ("/d/new.exe", "/d/x.exe")]
        problems = [self.failureResultOf(one, NameNotAllowed).value for one in opening]
        self.assertEqual({problem.rule for problem in problems}, {"refuse *.exe"})

    def test_an_upload_of_an_account_that_may_not_overwrite(self) -> None:
        """The name is refused before the storage looks for it."""
        storage = self.only(refuse=("*.exe",), all=Permissions.CREATE)
        self.refused(opened(storage, "/d/x.exe"))

    def test_a_directory(self) -> None:
        """MKD."""
        self.refused(self.storage.make_directory(VirtualPath("/new.exe")))

    def test_a_new_name(self) -> None:
        """RNTO."""
        self.refused(renamed(self.storage, "/pub/x", "/pub/x.exe"))

    def test_what_is_there_can_be_used(self) -> None:
        """Read, renamed to another name, removed."""
        self.assertEqual(self.successResultOf(read(self.storage, "/d/x.exe")), b"0123")
        self.successResultOf(renamed(self.storage, "/d/x.exe", "/d/x"))

    def test_the_permission_comes_first(self) -> None:
        """Without it the answer is that of every name."""
        storage = self.only(refuse=("*.exe",), all=Permissions.READ)
        self.fails(opened(storage, "/d/new.exe"), PermissionDenied, "permissions")


class TestRename(RulesCase):
    """No rename gets round a rule."""

    def test_out_of_a_drop_box(self) -> None:
        """The file could be read under its new name."""
        box = PathRule(path="/in/**", allow=Permissions.CREATE | Permissions.RENAME, id="drop-box")
        problem = self.fails(renamed(self.only(box), "/in/x", "/pub/y"), PermissionDenied, "drop-box")
        self.assertIn("would gain list, read", str(problem))

    def test_within_a_drop_box(self) -> None:
        """Clients upload under a temporary name."""
        box = PathRule(path="/in/**", allow=Permissions.CREATE | Permissions.RENAME)
        self.successResultOf(renamed(self.only(box), "/in/x", "/in/y"))

    def test_into_a_drop_box(self) -> None:
        """A file may lose permissions."""
        box = PathRule(path="/in/**", allow=Permissions.CREATE | Permissions.RENAME)
        self.successResultOf(renamed(self.only(box), "/pub/x", "/in/y"))

    def test_the_directory_above(self) -> None:
        """It loses the name by which the rule holds."""
        rule = PathRule(path="/pub/.ssh/**", deny=Permissions.READ, id="keys")
        self.fails(renamed(self.only(rule), "/pub", "/public"), PermissionDenied, "keys")

    def test_the_directory_itself(self) -> None:
        """Likewise."""
        self.fails(renamed(self.only(KEYS), "/pub/.ssh", "/pub/ssh"), PermissionDenied, "keys")

    def test_a_directory_above_a_rule_of_names(self) -> None:
        """The rule holds in every place."""
        self.successResultOf(renamed(self.only(KEYS), "/pub", "/public"))
        self.fails(read(self.only(KEYS), "/public/.ssh/key"), PermissionDenied, "keys")

    def test_a_file_where_rules_differ_below(self) -> None:
        """There is nothing below it."""
        rule = PathRule(path="/pub/x/**", deny=Permissions.READ)
        self.successResultOf(renamed(self.only(rule), "/pub/x", "/pub/y"))

    def test_a_link_to_a_directory(self) -> None:
        """It leads to names, as a directory does."""
        self.memory.put_link("/pub/l", "/d")
        rule = PathRule(path="/pub/l/**", deny=Permissions.READ, id="l")
        self.fails(renamed(self.only(rule), "/pub/l", "/pub/m"), PermissionDenied, "l")

    def test_a_link_that_leads_nowhere(self) -> None:
        """It may lead to a directory one day."""
        self.memory.put_link("/pub/l", "/later")
        rule = PathRule(path="/pub/l/**", deny=Permissions.READ, id="l")
        self.fails(renamed(self.only(rule), "/pub/l", "/pub/m"), PermissionDenied, "l")

    def test_a_directory_that_takes_the_place_of_the_file_meanwhile(self) -> None:
        """It goes back."""
        racing = Racing()
        racing.put("/pub/x")
        racing.put("/d/f", b"0123")
        rules = Rules(Permissions.ALL, rules=[PathRule(path="/pub/x/**", deny=Permissions.READ, id="x")])
        self.fails(renamed(Permitted(racing, rules), "/pub/x", "/pub/y"), PermissionDenied, "x")
        self.assertEqual(racing.content("/pub/x/f"), b"0123")

    def test_hidden_names_below(self) -> None:
        """They would become visible."""
        storage = self.only(hide=("/pub/.x",))
        self.fails(renamed(storage, "/pub", "/public"), PermissionDenied, "hide")

    def test_refused_names_below(self) -> None:
        """They could be made elsewhere."""
        storage = self.only(refuse=("/web/*.exe",))
        self.fails(renamed(storage, "/d", "/web"), PermissionDenied, "refuse")

    def test_a_missing_name(self) -> None:
        """The storage says so."""
        rule = PathRule(path="/a/b", deny=Permissions.READ)
        self.fails(renamed(self.only(rule), "/a", "/c"), NotFound, None)


class TestAsTyped(RulesCase):
    """Rules are about the path as it is typed."""

    def test_a_link_leads_under_its_own_rule(self) -> None:
        """The rule of its target does not count; docs/security.rst says so."""
        self.memory.put_link("/pub/l", "/in/x")
        self.assertEqual(self.successResultOf(read(self.only(BOX), "/pub/l")), b"0123")

    def test_a_link_in_a_drop_box(self) -> None:
        """Does not lead out of its rule."""
        self.memory.put_link("/in/l", "/pub/x")
        self.fails(read(self.only(BOX), "/in/l"), PermissionDenied, "drop-box")

    def test_bytes_that_are_no_utf8(self) -> None:
        """Are characters of a name."""
        rule = PathRule(path="/pub/?", deny=Permissions.ALL)
        self.memory.put("/pub/\udcff", b"0123")
        self.fails(read(self.only(rule), "/pub/\udcff"), PermissionDenied, "1")

    def test_the_root(self) -> None:
        """It has a rule of its own, if any."""
        storage = self.only(PathRule(path="/", deny=Permissions.LIST, id="root"))
        self.fails(listed(storage, "/"), PermissionDenied, "root")
        self.assertTrue(self.successResultOf(stat_of(storage, ROOT)))
