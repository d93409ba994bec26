"""Every verb that touches files, with and without every permission: the declaration is what happens."""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.task import Clock

from ftpd_service.commands.command import AnyCommand, Column
from ftpd_service.commands.needs import TO_KNOW_DIRECTORY, TO_KNOW_FILE, Access, Needs, known, needs
from ftpd_service.commands.site import SUB_COMMANDS
from ftpd_service.commands.table import standard_table
from ftpd_service.events import Refused
from ftpd_service.interfaces import IStorage
from ftpd_service.policy.permissions import Rules
from ftpd_service.session.sequence import OneShot
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Permissions, VirtualPath
from tests.cases import SynchronousTestCase

VERBS = standard_table().commands()
SUB_VERBS = SUB_COMMANDS

WITHOUT_FILES = frozenset(
    {
        *("ABOR", "ACCT", "ALLO", "AUTH", "CCC", "CLNT", "CSID", "EPRT", "EPSV", "FEAT", "HELP", "HOST", "LANG"),
        *(
            "MODE",
            "NOOP",
            "OPTS",
            "PASS",
            "PASV",
            "PBSZ",
            "PORT",
            "PROT",
            "QUIT",
            "RANG",
            "REIN",
            "REST",
            "SITE",
            "STRU",
        ),
        *("SYST", "TYPE", "USER", "SITE HELP", "SITE IDLE", "SITE UMASK"),
    }
)
"""The verbs that touch no file; every other verb declares its needs."""

KINDS = {"free": "/d/free", "file": "/d/file", "directory": "/d/empty"}
"""A path of each kind."""

SETS = (
    *(Permissions[name.upper().replace("-", "_")] for name in Permissions.ALL.words()),
    *(Permissions.ALL & ~Permissions[name.upper().replace("-", "_")] for name in Permissions.ALL.words()),
    Permissions.ALL,
    Permissions.NONE,
)
"""Each permission alone, all without each, all, and none."""


def name_of(command: AnyCommand) -> str:
    """The verb, or SITE and the sub-verb."""
    return f"SITE {command.facts.verb}" if command in SUB_VERBS else command.facts.verb


def session(storage: IStorage) -> Dialogue:
    """A session that has an open data connection and may go on with RNTO."""
    dialogue = Dialogue(storage=storage)
    dialogue.log_in()
    dialogue.say("TYPE I", 200)
    dialogue.say("EPSV", 229)
    dialogue.session.cwd = VirtualPath("/d")
    return dialogue


def answer(command: AnyCommand, access: Access, path: str, granted: Permissions) -> tuple[int, str | None]:
    """The code of the reply to a verb, and the rule that refused it."""
    memory = MemoryStorage()
    memory.put("/d/file", b"0123")
    memory.put("/d/other", b"0123")
    memory.put_directory("/d/empty")
    dialogue = session(Permitted(memory, Rules(granted), Copies(Clock())))
    sequence, other = dialogue.session.sequence, VirtualPath("/d/other")
    sequence.rename_from = other if OneShot.RENAME in command.facts.needs else None
    sequence.copy_from = other if OneShot.COPY in command.facts.needs else None
    dialogue.send(f"{name_of(command)} {access.argument.format(path=path)}".rstrip().encode() + b"\r\n")
    refusals = dialogue.recorder.of(Refused)
    return dialogue.codes()[-1], refusals[-1].rule if refusals else None


def cases() -> Iterator[tuple[AnyCommand, Access, str, Needs]]:
    """Every verb that touches files, with each kind of object that it is for."""
    for command in (*VERBS, *SUB_VERBS):
        access = command.facts.access
        if access is not None:
            kinds = {"free": access.free, "file": access.file, "directory": access.directory}
            yield from ((command, access, kind, wanted) for kind, wanted in kinds.items() if wanted is not None)


def expected(command: AnyCommand, wanted: Needs, granted: Permissions) -> tuple[tuple[int, ...], str | None]:
    """The codes of which one answers the verb, and the rule that refuses it."""
    if wanted.met(granted):
        return tuple(code for code in command.facts.replies if code < 400), None
    return (553,) if command.facts.column is Column.WRITES else (550,), "permissions"


def outcomes() -> Iterator[tuple[str, bool]]:
    """What happened in each case, and whether it is what the verb declares."""
    for command, access, kind, wanted in cases():
        for granted in SETS:
            code, rule = answer(command, access, KINDS[kind], granted)
            codes, refusing = expected(command, wanted, granted)
            told = f"{name_of(command)} of {kind} with {granted.words()}: {code} by {rule}"
            yield told, code in codes and rule == refusing


class NeedsTests(SynchronousTestCase):
    """The declarations of verbs, and the verbs."""

    def test_every_verb_does_what_it_declares(self) -> None:
        """For each kind of object, with each permission alone and with all without it."""
        tried = list(outcomes())
        self.assertEqual([told for told, right in tried if not right], [])
        self.assertGreater(len(tried), 800)

    def test_every_verb_that_touches_files_declares_its_needs(self) -> None:
        """A new verb needs a declaration, or a place among those that touch no file."""
        silent = {name_of(command) for command in (*VERBS, *SUB_VERBS) if command.facts.access is None}
        self.assertEqual(silent, WITHOUT_FILES)

    def test_the_other_verbs_touch_no_file(self) -> None:
        """With any argument their storage is asked nothing."""
        touched = [
            (name, argument)
            for name in sorted(WITHOUT_FILES - {"AUTH", "CCC", "QUIT", "REIN", "SITE"})
            for argument in ("", "/d/file", "I", "5", "022", "UTF8 ON")
            if self.touches(f"{name} {argument}".rstrip())
        ]
        self.assertEqual(touched, [])

    def touches(self, line: str) -> bool:
        """Whether a command calls the storage."""
        storage = Untouched()
        dialogue = session(storage)
        dialogue.send(line.encode() + b"\r\n")
        return storage.touched


class Untouched(MemoryStorage):
    """A storage that notes whether it is asked for anything of its tree.

    :ivar touched: whether it was.
    """

    touched = False

    def __getattribute__(self, name: str) -> object:
        if name in IStorage.names() or name in ("change_mode", "free_bytes"):
            self.touched = True
        return super().__getattribute__(name)


class TextTests(SynchronousTestCase):
    """The needs in the words of docs/verbs.rst."""

    def test_the_same_for_each_object(self) -> None:
        """It is said once."""
        one = needs(Permissions.RENAME | Permissions.OVERWRITE)
        self.assertEqual(Access(free=one, file=one).text(), "overwrite, rename")

    def test_different_needs(self) -> None:
        """Each with its kind of object."""
        access = Access(free=needs(Permissions.CREATE), file=needs(Permissions.APPEND))
        self.assertEqual(access.text(), "new: create; file: append")

    def test_any_permission(self) -> None:
        """And any but some."""
        self.assertEqual(known().text(), "file: any but create, make-directory, remove-directory; directory: any")

    def test_met(self) -> None:
        """By one permission of several, and by all of those that all count."""
        self.assertTrue(TO_KNOW_FILE.met(Permissions.READ))
        self.assertFalse(TO_KNOW_FILE.met(Permissions.CREATE))
        self.assertFalse(TO_KNOW_DIRECTORY.met(Permissions.NONE))
        self.assertFalse(needs(Permissions.RENAME | Permissions.OVERWRITE).met(Permissions.RENAME))
