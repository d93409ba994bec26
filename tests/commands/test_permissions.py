"""What clients learn of permissions: the perm fact is what happens, and refusals do not tell which names there are."""

from __future__ import annotations

import re

from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.memory.storage import MemoryStorage
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
    "remove-directory alone": Permissions.REMOVE_DIRECTORY,
    "make-directory alone": Permissions.MAKE_DIRECTORY,
    "delete alone": Permissions.DELETE,
}

FILE = "f"
DIRECTORY = "d"
LINK_TO_FILE = "to-f"
LINK_TO_DIRECTORY = "to-d"
LINK_TO_FULL = "to-full"
FULL = "full"
DANGLING = "to-nothing"


def session(granted: Permissions) -> Dialogue:
    """A session with one of each kind of object: a file, an empty directory, one that is not empty, links."""
    memory = MemoryStorage()
    memory.put("/f", b"0123")
    memory.put_directory("/d")
    memory.put("/full/f")
    memory.put_directory("/full/d")
    memory.put_link("/to-full", "/full")
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
        "p": ((f"DELE {inside}f",), (f"RMD {inside}d",)),
        "r": ((f"RETR {name}",),),
        "w": ((f"STOR {name}",),),
    }[letter]


class PermTests(SynchronousTestCase):
    """Each letter of perm is what the verb does."""

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
        self.assertEqual(self.differences("/", "cdeflmp"), [])

    def test_of_a_directory(self) -> None:
        """With and without each permission."""
        self.assertEqual(self.differences(DIRECTORY, "cdeflm"), [])

    def test_of_what_is_inside_a_directory(self) -> None:
        """It can be removed by DELE or by RMD."""
        self.assertEqual(self.differences(FULL, "p"), [])

    def test_of_what_is_inside_a_directory_behind_a_link(self) -> None:
        """Likewise, whatever may be done with the link."""
        self.assertEqual(self.differences(LINK_TO_FULL, "p"), [])

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

    def test_mlsd_tells_the_same_letters(self) -> None:
        """For each object of the root, with and without each permission."""
        found = [
            (rules, name)
            for rules, granted in RULE_SETS.items()
            if Permissions.LIST in granted
            for name, told in self.rows(granted)
            if told != letters(granted, name)
        ]
        self.assertEqual(found, [])
        self.assertEqual(len(self.rows(Permissions.ALL)), 7)

    def rows(self, granted: Permissions) -> list[tuple[str, str]]:
        """The names and letters of MLSD."""
        rows = session(granted).download("MLSD").decode()
        return [(name, told) for told, name in re.findall(r"perm=([a-z]*);\S* (\S+)\r\n", rows) if name != "."]

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
    "AVBL {}",
    "MLSD {}",
    "REST 2\r\nRETR {}",
    "REST 2\r\nSTOR {}",
    "REST 2\r\nAPPE {}",
)
"""Commands that could tell whether a file is there."""

_WRITES = Permissions.CREATE | Permissions.OVERWRITE | Permissions.APPEND
NEEDED = {
    "LIST {}": Permissions.LIST,
    "NLST {}": Permissions.LIST,
    "STAT {}": Permissions.LIST,
    "MLSD {}": Permissions.LIST,
    "LIST {}*": Permissions.LIST,
    "RETR {}": Permissions.READ,
    "TYPE A\r\nREST 2\r\nRETR {}": Permissions.READ,
    "STOR {}": _WRITES,
    "APPE {}": _WRITES,
    "ALLO 5\r\nSTOR {}": _WRITES,
    "REST 2\r\nSTOR {}": _WRITES,
    "TYPE A\r\nREST 2\r\nSTOR {}": _WRITES,
    "STOU {}": Permissions.CREATE,
    "ALLO 5\r\nSTOU {}": Permissions.CREATE,
    "DELE {}": Permissions.DELETE,
    "RNFR {}": Permissions.RENAME,
    "MKD {}": Permissions.MAKE_DIRECTORY,
    "RMD {}": Permissions.REMOVE_DIRECTORY,
    "MFMT 20200101000000 {}": Permissions.ATTRIBUTES,
    "MFF Modify=20200101000000; {}": Permissions.ATTRIBUTES,
    "MFF UNIX.mode=0644; {}": Permissions.ATTRIBUTES,
    "SITE CHMOD 644 {}": Permissions.ATTRIBUTES,
    "SITE UTIME 20200101000000 {}": Permissions.ATTRIBUTES,
}
"""Commands, each with the permissions of which it needs one."""
NAMES = ("missing", "f", "d", "to-f", "to-nothing", "f/x", "missing/x")


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

    def test_a_verb_without_its_permission_tells_nothing_either(self) -> None:
        """It is refused at once, whatever else the account may do and whatever stands there."""
        found = [
            (verb, sorted(answers))
            for verb, needed in NEEDED.items()
            if len(answers := {self.answer(verb.format(name), Permissions.ALL & ~needed)[-1] for name in NAMES}) > 1
            or not answers <= {"550 Permission denied.", "553 Permission denied."}
        ]
        self.assertEqual(found, [])

    def test_a_drop_box_tells_of_no_directory_for_rmd(self) -> None:
        """A file is none, and a missing name neither."""
        granted = Permissions.CREATE | Permissions.REMOVE_DIRECTORY
        self.assertEqual(self.answer("RMD f", granted), self.answer("RMD missing", granted))

    def test_uploaders_that_may_set_times_are_told_that_they_did(self) -> None:
        """Clients set the time of what they have uploaded, and take 550 for a failure."""
        granted = Permissions.CREATE | Permissions.ATTRIBUTES
        self.assertEqual(self.answer("MFMT 20200101000000 f", granted), ["213 Modify=20200101000000; f"])

    def test_uploaders_that_may_rename_can(self) -> None:
        """Clients upload under a temporary name."""
        self.assertTrue(works(Permissions.CREATE | Permissions.RENAME, "RNFR f", "RNTO g"))

    def test_list_of_a_file_needs_list(self) -> None:
        """Its row has size, time and owner."""
        granted = Permissions.ALL & ~Permissions.LIST
        self.assertEqual([self.answer(f"{verb} f", granted)[0][:3] for verb in ("LIST", "NLST", "STAT")], ["550"] * 3)
