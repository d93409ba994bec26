"""Sessions in which names in other forms or another case are the same name."""

from __future__ import annotations

from pathlib import PurePosixPath

from ftpd_service.events import TransferFinished
from ftpd_service.naming import STANDARD_NAMING, LetterCase, Naming, Normalisation
from ftpd_service.path_rules import PathRule
from ftpd_service.policy.permissions import Rules
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase

E_NFC, E_NFD = "\u00e9", "e\u0301"


class EqualNamesCase(SynchronousTestCase):
    """A dialogue within rules."""

    naming = Naming(case=LetterCase.INSENSITIVE)

    def begin(self, *files: str, rules: tuple[PathRule, ...] = (), hide: tuple[str, ...] = ()) -> Dialogue:
        """A session in which some files have their names as content."""
        dialogue = Dialogue(settings=SessionSettings(names=self.naming))
        dialogue.storage = Permitted(dialogue.memory, Rules(Permissions.ALL, rules=rules, hide=hide))
        above = {str(one) for path in files for one in PurePosixPath(path).parents}
        for directory in sorted(above - {"/"}):
            dialogue.memory.put_directory(directory)
        for path in files:
            dialogue.memory.put(path, path.encode())
        dialogue.log_in()
        self.dialogue = dialogue
        return dialogue

    def root(self) -> list[str]:
        """The names in the root."""
        return sorted(self.dialogue.memory.root.names)


class AnyCaseTests(EqualNamesCase):
    """``case: insensitive``."""

    def test_each_name_of_a_path_is_found(self) -> None:
        """In any case."""
        self.assertEqual(self.begin("/Dir/File.TXT").download("RETR /DIR/file.txt"), b"/Dir/File.TXT")

    def test_exact_name_goes_first(self) -> None:
        """So every file stays in reach."""
        dialogue = self.begin("/File", "/file", "/FILE")
        self.assertEqual([dialogue.download(f"RETR {name}") for name in ("FILE", "file")], [b"/FILE", b"/file"])

    def test_first_by_bytes_goes_among_others(self) -> None:
        """Always the same file, whatever the order of the directory is."""
        self.assertEqual(self.begin("/fILE", "/File", "/FilE").download("RETR file"), b"/FilE")

    def test_upload_replaces_the_file_in_another_case(self) -> None:
        """There is no second file."""
        self.begin("/Report.txt").upload("STOR REPORT.TXT", b"new")
        self.assertEqual((self.root(), self.dialogue.memory.content("/Report.txt")), (["Report.txt"], b"new"))

    def test_new_name_keeps_its_case(self) -> None:
        """In the directory that is there."""
        self.begin("/Dir/x").upload("STOR /dir/New.TXT", b"new")
        self.assertEqual(self.dialogue.memory.content("/Dir/New.TXT"), b"new")

    def test_directory_cannot_be_made_again(self) -> None:
        """In another case."""
        self.begin("/Dir/x").say("MKD DIR", 550)

    def test_working_directory_is_the_real_one(self) -> None:
        """PWD shows its name."""
        dialogue = self.begin("/Dir/Sub/x")
        dialogue.say("CWD /dir/SUB", 250)
        self.assertEqual(dialogue.say("PWD", 257), ['257 "/Dir/Sub" is the current directory.'])

    def test_rename_to_another_case(self) -> None:
        """It changes the spelling."""
        dialogue = self.begin("/report")
        dialogue.say("RNFR REPORT", 350)
        dialogue.say("RNTO Report", 250)
        self.assertEqual(self.root(), ["Report"])

    def test_rename_over_a_file_in_another_case(self) -> None:
        """It takes the place of this file."""
        dialogue = self.begin("/new", "/Old")
        dialogue.say("RNFR NEW", 350)
        dialogue.say("RNTO OLD", 250)
        self.assertEqual((self.root(), dialogue.memory.content("/Old")), (["Old"], b"/new"))

    def test_remove(self) -> None:
        """A file and a directory."""
        dialogue = self.begin("/File")
        dialogue.memory.put_directory("/Dir")
        dialogue.say("DELE FILE", 250)
        dialogue.say("RMD DIR", 250)
        self.assertEqual(self.root(), [])

    def test_times_and_sizes(self) -> None:
        """Of verbs with a time before the path too."""
        dialogue = self.begin("/File")
        dialogue.say("TYPE I", 200)
        self.assertEqual(dialogue.say("SIZE FILE", 213), ["213 5"])
        dialogue.say("MFMT 20200101000000 FILE", 213)
        dialogue.say("MDTM 20200102000000 FILE", 213)
        self.assertEqual(dialogue.say("MDTM file", 213), ["213 20200102000000"])

    def test_sub_verb_of_site(self) -> None:
        """SITE CHMOD."""
        dialogue = self.begin("/File")
        dialogue.say("SITE CHMOD 600 FILE", 200)
        self.assertIn("UNIX.mode=0600;", dialogue.say("MLST File", 250)[1])

    def test_pattern_matches_any_case(self) -> None:
        """In each of its names; rows have the real names."""
        dialogue = self.begin("/Dir/A.TXT", "/Dir/b.txt", "/Dir/c.TIF")
        self.assertEqual(dialogue.download("NLST dir/*.Txt"), b"Dir/A.TXT\r\nDir/b.txt\r\n")

    def test_event_has_the_real_path(self) -> None:
        """For logs and for those who follow them."""
        dialogue = self.begin("/Dir/File")
        dialogue.download("RETR /DIR/FILE")
        self.assertEqual(dialogue.recorder.of(TransferFinished)[0].path, "/Dir/File")

    def test_next_login_begins_anew(self) -> None:
        """No path of an earlier login is left."""
        dialogue = self.begin("/Dir/File")
        dialogue.say("CWD /DIR", 250)
        dialogue.login.names = Naming(case=LetterCase.SENSITIVE)
        dialogue.log_in()
        dialogue.say("CWD /DIR", 550)

    def test_csid_tells_of_it(self) -> None:
        """Indy's client asks there."""
        self.assertIn("CaseSensitive=0;", self.begin().say("CSID Name=x;", 200)[0])

    def test_links_are_found(self) -> None:
        """Also links that lead nowhere, which can be removed."""
        dialogue = self.begin()
        dialogue.memory.put_link("/Link", "nowhere")
        dialogue.say("DELE LINK", 250)
        self.assertEqual(self.root(), [])


class BypassTests(EqualNamesCase):
    """Rules hold for the path that is found, and for every case."""

    deny = (PathRule(path="/secret/**", deny=Permissions.ALL),)

    def test_denied_in_any_case(self) -> None:
        """Reading, writing, listing, renaming."""
        dialogue = self.begin("/secret/file", rules=self.deny)
        for line in ("RETR /SECRET/file", "STOR /Secret/new", "DELE /SECRET/FILE", "RNFR /SECRET/FILE"):
            dialogue.say("EPSV", 229)
            dialogue.say(line, 553 if line.startswith("STOR") else 550)
        self.assertEqual(sorted(dialogue.memory.content("/secret/file")), sorted(b"/secret/file"))

    def test_name_beside_the_rule_is_under_it(self) -> None:
        """A directory in another case, which the rule does not name, is the same name."""
        dialogue = self.begin("/SECRET/file", rules=self.deny)
        dialogue.say("EPSV", 229)
        dialogue.say("RETR /SECRET/file", 550)

    def test_hidden_name_is_missing_in_any_case(self) -> None:
        """And cannot be made in another."""
        dialogue = self.begin("/.ssh/id", hide=("**/.ssh",))
        dialogue.say("CWD .SSH", 550)
        dialogue.say("MKD .SSH", 553)
        self.assertEqual(dialogue.download("NLST"), b"")

    def test_pattern_of_hidden_names_matches_any_case(self) -> None:
        """In listings too."""
        dialogue = self.begin("/Dir/x", "/Dir2/x", hide=("/dir2",))
        self.assertEqual(dialogue.download("NLST"), b"Dir\r\n")

    def test_upload_within_an_allowed_place(self) -> None:
        """A rule that allows holds in any case too."""
        rules = (PathRule(path="/In/**", allow=Permissions.CREATE), PathRule(path="/**", deny=Permissions.ALL))
        dialogue = self.begin("/In/x", rules=rules)
        dialogue.upload("STOR /IN/new", b"new")
        self.assertEqual(dialogue.memory.content("/In/new"), b"new")

    def test_dots_stay_above(self) -> None:
        """They are gone before names are looked for."""
        self.begin("/Dir/File").say("CWD /DIR/../../DIR/./..", 250)


class NfcTests(EqualNamesCase):
    """``normalise: nfc``."""

    naming = Naming(normalise=Normalisation.NFC)

    def test_new_name_is_composed(self) -> None:
        """As Linux and Windows expect it."""
        self.begin().upload(f"STOR {E_NFD}", b"new")
        self.assertEqual(self.root(), [E_NFC])

    def test_either_form_finds_the_file(self) -> None:
        """Whichever is on the disk."""
        dialogue = self.begin(f"/{E_NFC}1", f"/{E_NFD}2")
        asked = (f"{E_NFD}1", f"{E_NFC}2")
        self.assertEqual(
            [dialogue.download(f"RETR {name}") for name in asked], [f"/{E_NFC}1".encode(), f"/{E_NFD}2".encode()]
        )

    def test_exact_form_goes_first(self) -> None:
        """Both may be there."""
        dialogue = self.begin(f"/{E_NFC}", f"/{E_NFD}")
        self.assertEqual(dialogue.download(f"RETR {E_NFD}"), f"/{E_NFD}".encode())

    def test_mixed_form_is_found(self) -> None:
        """A name may have both forms in it."""
        self.assertEqual(self.begin(f"/{E_NFC}{E_NFD}").download(f"RETR {E_NFD}{E_NFC}"), f"/{E_NFC}{E_NFD}".encode())

    def test_rename_to_the_other_form(self) -> None:
        """It gets the form of new names."""
        dialogue = self.begin(f"/{E_NFD}")
        dialogue.say(f"RNFR {E_NFD}", 350)
        dialogue.say(f"RNTO {E_NFC}", 250)
        self.assertEqual(self.root(), [E_NFC])

    def test_case_still_counts(self) -> None:
        """It is another key."""
        self.begin("/File").say("SIZE file", 550)


class NfdTests(EqualNamesCase):
    """``normalise: nfd``."""

    naming = Naming(normalise=Normalisation.NFD)

    def test_new_name_is_decomposed(self) -> None:
        """As old file systems of macOS expect it."""
        self.begin().say(f"MKD {E_NFC}", 257)
        self.assertEqual(self.root(), [E_NFD])


class DifferentNamesTests(EqualNamesCase):
    """Without the keys."""

    naming = STANDARD_NAMING

    def test_names_differ(self) -> None:
        """By form and case."""
        dialogue = self.begin("/File", f"/{E_NFC}")
        dialogue.say("TYPE I", 200)
        dialogue.say("SIZE file", 550)
        dialogue.say(f"SIZE {E_NFD}", 550)
