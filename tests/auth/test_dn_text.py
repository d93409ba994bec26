"""Names in the templates of DNs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ldaptor.protocols.ldap.distinguishedname import unescape  # type: ignore[import-untyped]  # it has no types

from ftpd_service.auth.directory.dn_text import attribute_of_dn, fill_dn
from tests.cases import SynchronousTestCase


class DnTests(SynchronousTestCase):
    """`fill_dn` and `attribute_of_dn`."""

    def test_harmless_name(self) -> None:
        """It stands as it is."""
        self.assertEqual(fill_dn("uid={name},ou=people", "al.ice_1-x@y"), b"uid=al.ice_1-x@y,ou=people")

    def test_syntax_is_escaped(self) -> None:
        """RFC 4514 section 2.4, by pairs of digits."""
        filled = fill_dn("uid={name},ou=people", ' #,+"\\<>;=\0 ')
        self.assertEqual(filled, rb"uid=\20\23\2c\2b\22\5c\3c\3e\3b\3d\00\20,ou=people")

    def test_beyond_ascii(self) -> None:
        """Each byte of UTF-8 is escaped."""
        self.assertEqual(fill_dn("cn={name}", "\u00e9"), rb"cn=\c3\a9")

    def test_braces_in_a_name(self) -> None:
        """They are no template."""
        self.assertEqual(fill_dn("cn={name}", "{name}"), rb"cn=\7bname\7d")

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    def test_any_name_is_one_value(self, name: str) -> None:
        """Another implementation reads the same name from the only value."""
        filled = fill_dn("cn={name},ou=people", name).decode()
        self.assertEqual((filled.count(","), filled.count("=")), (1, 2))
        value = filled.removeprefix("cn=").removesuffix(",ou=people")
        self.assertEqual(bytes(map(ord, unescape(value))).decode(), name)

    def test_attribute(self) -> None:
        """It stands before the name, wherever that is."""
        templates = ("uid={name},ou=x", "cn=a+uid = {name} ,ou=x", "ou=x,1.2.3={name}")
        self.assertEqual([attribute_of_dn(template) for template in templates], ["uid", "uid", "1.2.3"])

    def test_templates_that_are_none(self) -> None:
        """The name must be a whole value, and no other braces may be there."""
        for template in (
            "ou=people",
            "uid=x{name},ou=a",
            "uid={name}x",
            "uid={name},cn={name}",
            "{name}",
            "u{=a,uid={name}",
        ):
            self.assertRaises(ValueError, attribute_of_dn, template)
