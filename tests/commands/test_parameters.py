"""How transfers and replies look: TYPE STRU MODE OPTS LANG."""

from __future__ import annotations

from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in

ALL_ON = " MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;UNIX.owner;UNIX.group;create;"


def status(dialogue: Dialogue) -> str:
    """The line of STAT that shows the parameters."""
    return next(line for line in dialogue.say("STAT", 211) if line.startswith(" TYPE"))


def mlst_line(dialogue: Dialogue) -> str:
    """The line of FEAT that shows the facts."""
    return next(line for line in dialogue.say("FEAT", 211) if line.startswith(" MLST"))


class RepresentationTests(SynchronousTestCase):
    """TYPE, STRU and MODE."""

    def test_the_defaults_are_a_n_f_and_s(self) -> None:
        """RFC 959 section 5.1."""
        self.assertEqual(status(logged_in()), " TYPE: A N; STRU: F; MODE: S")

    def test_type_i_is_kept(self) -> None:
        """Until it is changed."""
        dialogue = logged_in()
        dialogue.say("TYPE I", 200)
        self.assertEqual(status(dialogue), " TYPE: I N; STRU: F; MODE: S")

    def test_type_in_small_letters_is_the_same(self) -> None:
        """Verbs and type codes in any case (RFC 959 section 5.3); printers send it."""
        dialogue = logged_in()
        dialogue.say("tYpE i", 200)
        self.assertEqual(status(dialogue), " TYPE: I N; STRU: F; MODE: S")

    def test_type_l_8_is_image(self) -> None:
        """The local byte of this machine has eight bits."""
        dialogue = logged_in()
        dialogue.say("TYPE L 8", 200)
        self.assertEqual(status(dialogue), " TYPE: I N; STRU: F; MODE: S")

    def test_type_a_t_is_taken(self) -> None:
        """RFC 1123 section 4.1.2.1 lets it be as N."""
        dialogue = logged_in()
        dialogue.say("TYPE A T", 200)
        self.assertEqual(status(dialogue), " TYPE: A T; STRU: F; MODE: S")

    def test_type_a_alone_goes_back_to_n(self) -> None:
        """A changed type without parameter has the default format (RFC 959 section 4.1.2)."""
        dialogue = logged_in()
        dialogue.say("TYPE A T", 200)
        dialogue.say("TYPE A", 200)
        self.assertEqual(status(dialogue), " TYPE: A N; STRU: F; MODE: S")

    def test_ebcdic_is_504(self) -> None:
        """Well formed and not supported."""
        logged_in().say("TYPE E", 504)

    def test_bytes_of_seven_bits_are_504(self) -> None:
        """Well formed and not supported."""
        logged_in().say("TYPE L 7", 504)

    def test_type_without_argument_is_501(self) -> None:
        """And the type stays."""
        dialogue = logged_in()
        dialogue.say("TYPE I", 200)
        dialogue.say("TYPE", 501)
        self.assertEqual(status(dialogue), " TYPE: I N; STRU: F; MODE: S")

    def test_a_refused_type_changes_nothing(self) -> None:
        """What was in force stays."""
        dialogue = logged_in()
        dialogue.say("TYPE I", 200)
        dialogue.say("TYPE E", 504)
        self.assertEqual(status(dialogue), " TYPE: I N; STRU: F; MODE: S")

    def test_stru_f_is_200(self) -> None:
        """In any case of letters."""
        logged_in().say("stru f", 200)

    def test_record_structure_is_504(self) -> None:
        """Not offered."""
        logged_in().say("STRU R", 504)

    def test_page_structure_is_504(self) -> None:
        """Not offered."""
        logged_in().say("STRU P", 504)

    def test_mode_s_is_200(self) -> None:
        """The only mode."""
        logged_in().say("MODE S", 200)

    def test_block_mode_is_504(self) -> None:
        """Not offered."""
        logged_in().say("MODE B", 504)

    def test_compressed_mode_is_504(self) -> None:
        """Not offered."""
        logged_in().say("MODE C", 504)

    def test_an_unknown_mode_is_501(self) -> None:
        """No mode has that letter."""
        logged_in().say("MODE Q", 501)


class OptionTests(SynchronousTestCase):
    """OPTS."""

    def test_opts_for_an_unknown_verb_is_501(self) -> None:
        """RFC 2389 section 4."""
        Dialogue().say("OPTS XYZ ON", 501)

    def test_opts_without_argument_is_501(self) -> None:
        """Nothing is asked for."""
        Dialogue().say("OPTS", 501)

    def test_utf8_cannot_be_switched_off(self) -> None:
        """There is no other character set."""
        Dialogue().say("OPTS UTF8 OFF", 504)

    def test_utf8_has_its_other_spelling_too(self) -> None:
        """With the hyphen."""
        Dialogue().say("OPTS utf-8 NLST", 200)

    def test_utf8_with_another_word_is_501(self) -> None:
        """Neither ON nor OFF."""
        Dialogue().say("OPTS UTF8 MAYBE", 501)

    def test_the_default_facts_are_marked(self) -> None:
        """RFC 3659 section 7.8."""
        self.assertEqual(mlst_line(Dialogue()), ALL_ON)

    def test_chosen_facts_are_repeated(self) -> None:
        """In the server's spelling and order (RFC 3659 section 7.9)."""
        self.assertEqual(Dialogue().say("OPTS MLST size;TYPE;", 200), ["200 MLST OPTS type;size;"])

    def test_chosen_facts_are_marked_in_feat(self) -> None:
        """RFC 3659 section 7.8."""
        dialogue = Dialogue()
        dialogue.say("OPTS MLST type;unix.group;", 200)
        self.assertEqual(
            mlst_line(dialogue), " MLST type*;size;modify;perm;unique;UNIX.mode;UNIX.owner;UNIX.group*;create;"
        )

    def test_unknown_facts_are_ignored(self) -> None:
        """RFC 3659 section 7.9."""
        self.assertEqual(Dialogue().say("OPTS MLST size;media-type;", 200), ["200 MLST OPTS size;"])

    def test_no_facts_are_a_choice(self) -> None:
        """RFC 3659 section 7.9."""
        dialogue = Dialogue()
        self.assertEqual(dialogue.say("OPTS MLST", 200), ["200 MLST OPTS"])
        self.assertNotIn("*", mlst_line(dialogue))

    def test_a_space_in_the_list_is_501_and_changes_nothing(self) -> None:
        """A syntax error leaves the selection as it was (RFC 3659 section 7.9)."""
        dialogue = Dialogue()
        dialogue.say("OPTS MLST size; type;", 501)
        self.assertEqual(mlst_line(dialogue), ALL_ON)

    def test_rein_brings_the_default_facts_back(self) -> None:
        """Everything is as after connecting."""
        dialogue = logged_in()
        dialogue.say("OPTS MLST", 200)
        dialogue.say("REIN", 220)
        self.assertEqual(mlst_line(dialogue), ALL_ON)


class LanguageTests(SynchronousTestCase):
    """LANG."""

    def test_english_is_200(self) -> None:
        """The only language; before the login too, as z/OS sends it."""
        Dialogue().say("LANG EN", 200)

    def test_a_near_match_is_200(self) -> None:
        """RFC 2640 section 4.1 lets a variety of the language count."""
        Dialogue().say("LANG en-AU", 200)

    def test_no_argument_is_the_default_language(self) -> None:
        """RFC 2640 section 4.1."""
        Dialogue().say("LANG", 200)

    def test_another_language_is_504(self) -> None:
        """RFC 2640 section 4.1."""
        Dialogue().say("LANG FR", 504)

    def test_what_is_no_tag_is_501(self) -> None:
        """RFC 2640 section 4.1."""
        Dialogue().say("LANG 12!", 501)
