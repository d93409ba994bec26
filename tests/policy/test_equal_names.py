"""Names that are the same name, and rules about them."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.naming import LetterCase, Naming, Normalisation
from ftpd_service.path_rules import PathRule
from ftpd_service.policy.equal_names import EqualNames, equal_names
from ftpd_service.policy.permissions import Rules
from ftpd_service.values import Permissions, VirtualPath
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, single_names

ANY_CASE = EqualNames(any_case=True)
BOTH = EqualNames(form=Normalisation.NFC, any_case=True)
E_NFC, E_NFD = "\u00e9", "e\u0301"

views = st.builds(EqualNames, form=st.sampled_from(Normalisation), any_case=st.booleans())


class KeyTests(SynchronousTestCase):
    """`EqualNames.key` and its kin."""

    def test_case_of_letters(self) -> None:
        """In every script that has cases; the sharp s is a letter of its own."""
        pairs = (("README", "readme"), ("ÄÖ", "äö"), ("ПУТЬ", "путь"), ("ẞ", "ß"), ("Σ", "ς"))
        self.assertEqual([one for one, other in pairs if ANY_CASE.key(one) != ANY_CASE.key(other)], [])
        self.assertNotEqual(ANY_CASE.key("ß"), ANY_CASE.key("ss"))

    def test_normal_forms(self) -> None:
        """Alone and with the case of letters."""
        forms = EqualNames(form=Normalisation.NFD)
        self.assertEqual((forms.key(E_NFC), BOTH.key("E\u0301")), (forms.key(E_NFD), BOTH.key(E_NFC)))
        self.assertNotEqual(ANY_CASE.key(E_NFC), ANY_CASE.key(E_NFD))

    def test_new_names_have_the_form(self) -> None:
        """And keep their case."""
        made = [EqualNames(form=form).made("E" + E_NFD) for form in Normalisation]
        self.assertEqual(made, ["E" + E_NFD, "E" + E_NFC, "E" + E_NFD])

    def test_compatible_characters_stay_apart(self) -> None:
        """A full-width slash or dot, or an account-of sign, is not the same as its ASCII."""
        for character in "\uff0f\uff0e\u2024\u2100\ufb01\uff21":
            self.assertNotEqual(BOTH.key(character), unicodedata.normalize("NFKC", character))

    def test_no_character_becomes_a_slash_or_dot(self) -> None:
        """By no form and in no case: no path gets another depth."""
        points = [chr(point) for point in range(0x110000) if point not in (0x2E, 0x2F)]
        self.assertEqual({"/", "."} & set(BOTH.key("".join(points))), set())
        self.assertEqual({"/", "."} & set(EqualNames(form=Normalisation.NFD).made("".join(points))), set())

    @relaxed
    @given(views, single_names)
    def test_forms_are_equal(self, view: EqualNames, name: str) -> None:
        """Every form of a name has its key, and keys are their own keys."""
        key = view.key(name)
        self.assertEqual({view.key(one) for one in (*view.forms(name), view.made(name), key)}, {key})

    @relaxed
    @given(views, single_names)
    def test_name_alone_has_no_other_form(self, view: EqualNames, name: str) -> None:
        """So no directory is read for it."""
        if view.alone(name):
            self.assertEqual({view.key(name), *view.forms(name), name.swapcase() if view.any_case else name}, {name})

    def test_keys_of_the_configuration(self) -> None:
        """Without them names differ."""
        self.assertIsNone(equal_names(Naming(case=LetterCase.SENSITIVE)))
        self.assertEqual(equal_names(Naming(case=LetterCase.INSENSITIVE)), ANY_CASE)
        self.assertEqual(equal_names(Naming(normalise=Normalisation.NFD)), EqualNames(form=Normalisation.NFD))


class EqualRuleTests(SynchronousTestCase):
    """Rules where names are equal."""

    def rules(self, equal: EqualNames) -> Rules:
        """Rules of each kind, with letters in both cases and forms."""
        return Rules(
            Permissions.ALL,
            rules=(PathRule(path=f"/Secret/**/{E_NFC}*", deny=Permissions.READ),),
            hide=("**/.SSH",),
            refuse=("*.exe",),
        ).regarding(equal)

    def test_rule_matches_in_any_case_and_form(self) -> None:
        """A path decides alike, however it is written."""
        allowed = self.rules(BOTH).allowed(VirtualPath(f"/SECRET/x/{E_NFD.upper()}y"))
        self.assertFalse(allowed.permits(Permissions.READ))

    def test_hidden_and_refused_names(self) -> None:
        """Likewise; the patterns are told as they are written."""
        rules = self.rules(ANY_CASE)
        self.assertEqual(rules.hiding(VirtualPath("/a/.Ssh/id")), "**/.SSH")
        self.assertEqual(rules.refusing(VirtualPath("/A.ExE")), "*.exe")

    def test_listings_hide_in_any_case(self) -> None:
        """By the view of a whole directory too."""
        inside = self.rules(ANY_CASE).inside(VirtualPath("/"))
        self.assertEqual([inside.view(name).listed for name in (".ssh", ".SSH", "ssh")], [False, False, True])

    def test_rules_are_of_one_case_otherwise(self) -> None:
        """As they are without the key."""
        self.assertIsNone(self.rules(EqualNames()).refusing(VirtualPath("/A.ExE")))
