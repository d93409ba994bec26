"""No sequence of commands gets round a rule: what is denied is never sent, and what is hidden is never told."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import NotFound
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.policy.live_rules import LiveRules
from ftpd_service.storage.copying import Copies
from ftpd_service.storage.folders import FolderTree
from ftpd_service.storage.live_folders import LiveFolders
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Permissions, VirtualPath
from tests.cases import SynchronousTestCase

ACCOUNT = Account(
    name="alice",
    permissions=Permissions.ALL,
    rules=(
        PathRule(path="/in/**", allow=Permissions.CREATE | Permissions.RENAME | Permissions.MAKE_DIRECTORY),
        PathRule(path="/private/**", deny=Permissions.READ | Permissions.LIST),
        PathRule(path="/shared/private/**", deny=Permissions.ALL),
        PathRule(path="*.key", deny=Permissions.READ),
        PathRule(path="/kept/**", deny=Permissions.DELETE | Permissions.OVERWRITE | Permissions.APPEND),
    ),
    folders=(Folder(path=VirtualPath("/shared"), host="/srv"),),
    hide=("**/.*", "/masked"),
    refuse=("*.exe", "untold"),
)

SECRET, UNTOLD, KEPT = b"SECRET", b"untold", b"KEPT"

PLACES = """
/
.
..
/in
/in/
/in/untold
/IN/untold
/private
//private
/private/untold
/private/./untold
/private/d
/private/d/untold
/open/../private/untold
/shared
/shared/private
/shared/private/untold
/shared/../private
/.x
/.x/untold
/open/.untold
/open
/open/d
/open/d/new
/masked
/masked/untold
/a.key
/a.key/
/a.KEY
/open/b.key
/kept
/kept/f
/kept/new
/open/f
/moved
/moved/untold
/moved/d
/moved/f
untold
d
f
�
/private/�
*
/*
/*/*
/private/*
/*/untold
/in/*
.*
/open/{.u*,f}
/open/[.]*
a.exe
"""
"""Paths and patterns in all forms; the lone surrogate is a byte that is no UTF-8."""

LINES = """
CWD {}
CDUP
PWD
RETR {}
SIZE {}
MDTM {}
MLST {}
LIST {}
LIST -la {}
NLST {}
NLST -a {}
MLSD {}
STAT {}
STAT -a {}
STOR {}
STOU {}
APPE {}
DELE {}
MKD {}
RMD {}
RMDA {}
DSIZ {}
RNFR {}
RNTO {}
RNTO {}
CPFR {}
CPTO {}
SITE CPTO {}
SITE CHMOD 777 {}
MFMT 20200101000000 {}
AVBL {}
REST 1
TYPE A
TYPE I
"""

NAMES = st.sampled_from(PLACES.split())
COMMANDS = st.builds(lambda line, place: (line.format(place),), st.sampled_from(LINES.split("\n")[1:-1]), NAMES)
FROM = ("/in", "/private", "/private/d", "/shared/private", "/kept", "/kept/f", "/a.key", "/masked", "/in/untold")
TO = ("/moved", "/open/moved", "/a", "/shared/moved", "/in/moved")
BELOW = ("", "/untold", "/d/untold", "/f")
ESCAPES = st.builds(
    lambda verbs, source, target, below: (
        *(f"{verbs}FR {source}", f"{verbs}TO {target}", f"RETR {target}{below}"),
        *(f"LIST {target}", f"STOR {target}{below}"),
    ),
    *map(st.sampled_from, (("RN", "CP", "SITE CP"), FROM, TO, BELOW)),
)
"""Renames and copies out of a rule, and uses of the new name."""
STEPS = st.lists(COMMANDS | ESCAPES, min_size=1, max_size=8)


def filled() -> tuple[MemoryStorage, MemoryStorage]:
    """A home and a folder with things that may not be told."""
    home, shared = MemoryStorage(), MemoryStorage()
    for path in ("/in/untold", "/private/untold", "/private/d/untold", "/.x/untold", "/open/.untold", "/masked/untold"):
        home.put(path, SECRET)
    home.put("/private/\udcff", SECRET)
    home.put("/a.key", SECRET)
    home.put("/open/b.key", SECRET)
    home.put("/kept/f", KEPT)
    home.put("/open/f", b"open")
    home.put_directory("/open/d")
    shared.put("/private/untold", SECRET)
    return home, shared


def contents(storage: MemoryStorage, path: str = "/") -> Iterator[bytes]:
    """The bytes of every file; an account that may rename may have moved them."""
    for name in storage.names(path):
        below = f"{path.rstrip('/')}/{name}"
        try:
            yield storage.content(below)
        except NotFound:
            yield from contents(storage, below)


class GettingRoundTests(SynchronousTestCase):
    """Any commands of an account that has a rule against something."""

    @settings(deadline=None, max_examples=400)
    @given(steps=STEPS)
    def test_no_sequence_of_commands_gets_round_a_rule(self, steps: list[tuple[str, ...]]) -> None:
        """Nothing that may not be read is sent, nothing hidden is told, and what must be kept is there."""
        home, shared = filled()
        live = LiveAccount(ACCOUNT)
        tree = FolderTree(home, LiveFolders(live, lambda folder: shared, clock=Clock()))
        dialogue = Dialogue(storage=Permitted(tree, LiveRules(live), Copies(Clock())))
        dialogue.log_in()
        told = "\n".join(reply for step in steps for line in step for reply in self.answer(dialogue, line))
        sent = b"\n".join(dialogue.data.sent)
        self.assertNotIn(SECRET, sent)
        self.assertNotIn(SECRET.decode(), told)
        self.assertNotIn(UNTOLD, sent)
        self.assertIn(KEPT, list(contents(home)))

    def test_a_pattern_whose_last_name_is_plain(self) -> None:
        """It is looked up, not listed, and needs the same permission."""
        home, _ = filled()
        dialogue = Dialogue(storage=Permitted(home, LiveRules(LiveAccount(ACCOUNT))))
        dialogue.log_in()
        self.assertEqual(dialogue.download("LIST /*/untold"), b"")
        self.assertIn(b" /open/f\r\n", dialogue.download("LIST /*/f"))

    def answer(self, dialogue: Dialogue, line: str) -> list[str]:
        """The replies to a command, without the names that the client itself has given."""
        if not line.startswith(("RNTO", "CPTO", "SITE", "STOR", "APPE", "RETR")):
            # EPSV would come between RNFR and RNTO, or REST and its transfer; an address that is left serves these.
            dialogue.send(b"EPSV\r\n")
        dialogue.data.incoming = b"mine"
        dialogue.replies()
        dialogue.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return dialogue.replies()
