"""What clients learn of permissions: the perm fact is what happens, and refusals do not tell which names there are."""

from __future__ import annotations

import re

from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.memory import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase

RULE_SETS = {
    "all": Permissions.ALL,
    "read": Permissions.LIST | Permissions.READ,
    "write": Permissions.LIST | Permissions.READ | Permissions.CREATE | Permissions.APPEND | Permissions.MAKE_DIRECTORY,
    "list": Permissions.LIST,
    "create": Permissions.CREATE,
    "append": Permissions.LIST | Permissions.APPEND,
    "overwrite": Permissions.LIST | Permissions.OVERWRITE,
    "delete": Permissions.LIST | Permissions.DELETE,
    "rename": Permissions.LIST | Permissions.RENAME,
    "remove-directory": Permissions.LIST | Permissions.REMOVE_DIRECTORY,
}

FILE = "f"
DIRECTORY = "d"
LINK_TO_FILE = "to-f"
LINK_TO_DIRECTORY = "to-d"
DANGLING = "to-nothing"
OBJECTS = ("/", DIRECTORY, FILE, LINK_TO_FILE, LINK_TO_DIRECTORY, DANGLING)


def session(granted: Permissions) -> Dialogue:
    """A session with one of each kind of object: a file, an empty directory, links."""
    memory = MemoryStorage()
    memory.put("/f", b"0123")
    memory.put_directory("/d")
    memory.put_link("/to-f", "/f")
    memory.put_link("/to-d", "/d")
    memory.put_link("/to-nothing", "/nowhere")
    dialogue = Dialogue(storage=Permitted(memory, Rules(granted)))
    dialogue.log_in()
    dialogue.say("TYPE I", 200)
    return dialogue


def works(granted: Permissions, *lines: str) -> bool:
    """Whether the last of some lines is carried out, in a session of its own."""
    dialogue = session(granted)
    for line in ("EPSV", *lines):
        dialogue.data.incoming = b"new"
        dialogue.send(line.encode() + b"\r\n")
    return dialogue.codes()[-1] < 400


def letters(granted: Permissions, name: str) -> str | None:
    """The perm fact of an object, or None where the account is told nothing of it."""
    dialogue = session(granted)
    dialogue.send(f"MLST {name}\r\n".encode())
    match = re.search(r"perm=([a-z]*);", "\n".join(dialogue.replies()))
    return None if match is None else match[1]


def tries(name: str, letter: str) -> tuple[tuple[str, ...], ...]:
    """The commands that a letter promises for an object; each is a try of its own (RFC 3659 section 7.5.5)."""
    inside = "/" if name == "/" else f"/{name}/"
    return {
        "a": ((f"APPE {name}",),),
        "c": ((f"STOR {inside}new",),),
        "d": ((f"DELE {name}",), (f"RMD {name}",)),
        "e": ((f"CWD {name}",),),
        "f": ((f"RNFR {name}", "RNTO /elsewhere"),),
        "l": ((f"LIST {name}",),),
        "m": ((f"MKD {inside}new",),),
        "r": ((f"RETR {name}",),),
        "w": ((f"STOR {name}",),),
    }[letter]


class PermTests(SynchronousTestCase):
    """Each letter of perm is what the verb does; only ``p`` speaks of what is inside."""

    def differences(self, name: str, promised: str) -> list[tuple[str, str, bool]]:
        """Where letters and verbs do not agree about an object."""
        found = []
        for rules, granted in RULE_SETS.items():
            told = letters(granted, name)
            for letter in promised if told is not None else "":
                happens = any(works(granted, *lines) for lines in tries(name, letter))
                if (letter in (told or "")) != happens:
                    found.append((rules, letter, happens))
        return found

    def test_of_the_root(self) -> None:
        """Nobody removes or renames it."""
        self.assertEqual(self.differences("/", "cdeflm"), [])

    def test_of_a_directory(self) -> None:
        """With and without each permission."""
        self.assertEqual(self.differences(DIRECTORY, "cdeflm"), [])

    def test_of_a_file(self) -> None:
        """With and without each permission."""
        self.assertEqual(self.differences(FILE, "adfrw"), [])

    def test_of_a_link_to_a_file(self) -> None:
        """Shown as the file, removed and renamed as the link."""
        self.assertEqual(self.differences(LINK_TO_FILE, "adfrw"), [])

    def test_of_a_link_to_a_directory(self) -> None:
        """DELE removes it, RMD does not."""
        self.assertEqual(self.differences(LINK_TO_DIRECTORY, "cdeflm"), [])

    def test_of_a_link_that_leads_nowhere(self) -> None:
        """Itself it can be removed and renamed."""
        self.assertEqual(self.differences(DANGLING, "df"), [])

    def test_own_rows_of_mlsd_agree(self) -> None:
        """The root as ``.`` and as ``..``."""
        dialogue = session(Permissions.ALL)
        rows = dialogue.download("MLSD").decode() + dialogue.download("MLSD d").decode()
        perms = {re.search("perm=([a-z]*)", row)[1] for row in rows.splitlines() if row.endswith(" ..")}  # type: ignore[index]  # each row has one
        perms |= {re.search("perm=([a-z]*)", rows)[1]}  # type: ignore[index]  # likewise
        self.assertEqual(perms, {"celmp"})


PROBES = (
    "SIZE {}",
    "MDTM {}",
    "MLST {}",
    "LIST {}",
    "NLST {}",
    "STAT {}",
    "RETR {}",
    "DELE {}",
    "RMD {}",
    "RNFR {}",
    "MFMT 20200101000000 {}",
    "MFF Modify=20200101000000; {}",
    "MFF UNIX.mode=0644; {}",
    "MDTM 20200101000000 {}",
    "SITE CHMOD 644 {}",
    "SITE UTIME 20200101000000 {}",
    "CWD {}",
)
"""Commands that could tell whether a file is there."""


class ProbingTests(SynchronousTestCase):
    """A drop box (``[create]``) answers alike for files that are there and files that are not."""

    def answer(self, line: str, granted: Permissions) -> list[str]:
        """The whole reply to a command."""
        dialogue = session(granted)
        dialogue.say("EPSV", 229)
        dialogue.send(line.encode() + b"\r\n")
        return dialogue.replies()

    def test_no_command_tells_which_files_there_are(self) -> None:
        """Reply and text are the same."""
        told = [
            probe
            for probe in PROBES
            if self.answer(probe.format("f"), Permissions.CREATE)
            != [line.replace("/missing", "/f") for line in self.answer(probe.format("missing"), Permissions.CREATE)]
        ]
        self.assertEqual(told, [])

    def test_rnfr_without_the_permission_tells_nothing_either(self) -> None:
        """550 at once, whatever else the account may do."""
        granted = Permissions.ALL & ~Permissions.RENAME
        self.assertEqual(self.answer("RNFR f", granted), self.answer("RNFR missing", granted))
        self.assertEqual(self.answer("RNFR f", granted)[0][:3], "550")

    def test_list_of_a_file_needs_list(self) -> None:
        """Its row has size, time and owner."""
        granted = Permissions.ALL & ~Permissions.LIST
        self.assertEqual([self.answer(f"{verb} f", granted)[0][:3] for verb in ("LIST", "NLST", "STAT")], ["550"] * 3)
