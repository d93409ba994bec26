"""Search filters and names in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ldaptor.ldapfilter import parseFilter  # type: ignore[import-untyped]  # it has no types

from ftpd_service.auth.directory.filter_text import (
    DEEPEST_FILTER,
    Comparison,
    NamedValue,
    PartsMatch,
    RuleMatch,
    attribute_of_filter,
    parse_filter,
)
from ftpd_service.auth.directory.ldap_messages import Search, search_request
from tests.cases import SynchronousTestCase


def wire(text: str, name: str = "") -> bytes:
    """The request of a search with a filter."""
    return search_request(1, Search(base=b"", below=True, wanted=parse_filter(text), name=name.encode()))


class ParseTests(SynchronousTestCase):
    """`parse_filter`."""

    def refusal(self, text: str) -> str:
        """Why a text is no filter."""
        return str(self.assertRaises(ValueError, parse_filter, text))

    def test_another_implementation_reads_the_same(self) -> None:
        """Filters of all kinds, by the bytes of the request."""
        texts = (
            "(uid=alice)",
            "(&(objectClass=person)(|(uid=a)(mail=a@x.example)))",
            "(!(uid=a))",
            "(uid=*)",
            "(uid=a*)",
            "(uid=*b)",
            "(uid=a*b*c*d)",
            "(age>=7)",
            "(age<=7)",
            "(cn~=a)",
            r"(cn=\2a\28\29\5c)",
            "(cn;lang-de=x)",
            "(memberOf:1.2.840.113556.1.4.1941:=cn=x)",
            "(ou:dn:=x)",
            "(:caseExactMatch:=x)",
        )
        for text in texts:
            request = search_request(1, Search(base=b"", below=False, wanted=parse_filter(text)))
            self.assertIn(parseFilter(text).toWire(), request, text)

    def test_bytes_beyond_ascii(self) -> None:
        """An escape is a byte, and a character is UTF-8: both are the same value."""
        expected = NamedValue((b"\xc3", b"\xa9"))
        self.assertEqual(parse_filter(r"(cn=\c3\a9)"), Comparison("cn", "=", expected))
        self.assertEqual(wire("(cn=\u00e9)"), wire(r"(cn=\c3\a9)"))

    def test_name(self) -> None:
        """It may stand alone, in parts, and in rules."""
        name = NamedValue((None,))
        self.assertEqual(parse_filter("(uid={name})"), Comparison("uid", "=", name))
        self.assertEqual(parse_filter("(uid={name}*)"), PartsMatch("uid", name, (), NamedValue(())))
        self.assertEqual(parse_filter("(uid:2.5.13.2:={name})"), RuleMatch("uid", False, "2.5.13.2", name))

    def test_texts_that_are_none(self) -> None:
        """Each is told."""
        for text in (
            "",
            "uid=a",
            "(uid=a",
            "(uid=a))",
            "(uid)",
            "()",
            "(&)",
            "(!(a=b)(c=d))",
            "(uid=**)",
            "(=a)",
            "(:=a)",
        ):
            self.assertTrue(self.refusal(text), text)
        self.assertIn(r"\28", self.refusal(r"(uid=\2)"))
        self.assertIn(r"\28", self.refusal("(uid={other})"))

    def test_depth(self) -> None:
        """It is bounded, so that no file ends in an error of Python."""
        parse_filter("(!" * DEEPEST_FILTER + "(a=b)" + ")" * DEEPEST_FILTER)
        self.refusal("(!" * 5000 + "(a=b)" + ")" * 5000)

    def test_attribute_of_the_name(self) -> None:
        """The first that is compared with it as a whole."""
        texts = (
            "(uid={name})",
            "(&(a=b)(|(mail={name}@x)(cn={name})(uid={name})))",
            "(mail={name}@x)",
            "(!(uid={name}))",
        )
        self.assertEqual([attribute_of_filter(parse_filter(text)) for text in texts], ["uid", "cn", None, None])


class NameTests(SynchronousTestCase):
    """Names in filters."""

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    def test_any_name_is_one_value(self, name: str) -> None:
        """The request is the same as with a harmless name, but for the value."""
        value = name.encode()
        harmless = "x" * len(value)
        filters = ("(uid={name})", "(&(a=b)(uid={name}))", "(uid={name}*)", "(uid:2.5.13.2:={name})")
        for text in filters:
            self.assertEqual(wire(text, harmless).replace(harmless.encode(), value), wire(text, name))
