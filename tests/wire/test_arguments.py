"""The parsers that verbs declare."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import BadArgument, RequestError, UnsupportedParameter
from ftpd_service.values import Representation, RepresentationType
from ftpd_service.wire import arguments
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, texts

_PARSERS = (
    arguments.representation,
    arguments.structure,
    arguments.mode,
    arguments.offset,
    arguments.allocation,
    arguments.host_name,
    arguments.language,
    arguments.listing,
    arguments.timed_path,
    arguments.facts_path,
    arguments.site_utime,
    arguments.site_chmod,
    arguments.mdtm_set,
    arguments.octal_mask,
    arguments.seconds,
    arguments.octet_range,
    arguments.digest_argument,
    arguments.path_list,
)
_IMAGE = Representation(type=RepresentationType.IMAGE)


class PlainTests(SynchronousTestCase):
    """Arguments that are missing, optional or in the way."""

    def test_feat_takes_no_argument(self) -> None:
        """RFC 2389 section 3.1."""
        self.assertRaises(BadArgument, arguments.nothing, "x")

    def test_a_path_is_wanted(self) -> None:
        """A missing mandatory argument is 501."""
        self.assertRaises(BadArgument, arguments.path, "")

    def test_a_path_keeps_its_spaces(self) -> None:
        """Each belongs to the name (RFC 3659 section 2.2)."""
        self.assertEqual(arguments.path(" x "), " x ")

    def test_an_optional_path_may_be_missing(self) -> None:
        """It is empty then."""
        self.assertEqual(arguments.optional_path(""), "")

    def test_a_text_is_wanted(self) -> None:
        """Likewise."""
        self.assertRaises(BadArgument, arguments.text, "")

    @relaxed
    @given(st.sampled_from(_PARSERS), texts)
    def test_any_text_is_a_value_or_a_refusal(self, parse: object, text: str) -> None:
        """No parser lets another exception out."""
        assert callable(parse)
        try:
            parse(text)
        except RequestError as refusal:
            self.assertTrue(str(refusal).isascii() and str(refusal))


class RepresentationTests(SynchronousTestCase):
    """TYPE (RFC 959 section 3.1.1)."""

    def test_a_alone_is_non_print(self) -> None:
        """The default of the second parameter."""
        self.assertEqual(arguments.representation("A"), Representation())

    def test_a_t_is_kept(self) -> None:
        """Treated as N, told by STAT."""
        self.assertEqual(arguments.representation("a t"), Representation(format="T"))

    def test_i_is_read_in_any_case(self) -> None:
        """Printers send ``TYPE i``."""
        self.assertEqual(arguments.representation(" i "), _IMAGE)

    def test_l_8_is_image(self) -> None:
        """Bytes of eight bits."""
        self.assertEqual(arguments.representation("L 8"), _IMAGE)

    def test_l8_is_forgiven(self) -> None:
        """Without the space."""
        self.assertEqual(arguments.representation("l8"), _IMAGE)

    def test_l_7_is_not_supported(self) -> None:
        """A size that exists, elsewhere."""
        self.assertRaises(UnsupportedParameter, arguments.representation, "L 7")

    def test_l_alone_is_refused(self) -> None:
        """Its size is mandatory."""
        self.assertRaises(BadArgument, arguments.representation, "L")

    def test_e_is_not_supported(self) -> None:
        """EBCDIC."""
        self.assertRaises(UnsupportedParameter, arguments.representation, "E")

    def test_a_c_is_not_supported(self) -> None:
        """Carriage control."""
        self.assertRaises(UnsupportedParameter, arguments.representation, "A C")

    def test_an_unknown_letter_is_not_supported(self) -> None:
        """It may be a type of somebody's."""
        self.assertRaises(UnsupportedParameter, arguments.representation, "X")

    def test_an_unknown_form_is_refused(self) -> None:
        """N, T and C are all there are."""
        self.assertRaises(BadArgument, arguments.representation, "A X")

    def test_nothing_is_refused(self) -> None:
        """The argument is missing."""
        self.assertRaises(BadArgument, arguments.representation, "")


class LetterTests(SynchronousTestCase):
    """STRU and MODE (RFC 959 sections 3.1.2 and 3.4)."""

    def test_stru_f_is_accepted(self) -> None:
        """In any case of letters: a refusal would raise."""
        arguments.structure("f")

    def test_stru_r_is_not_supported(self) -> None:
        """Records."""
        self.assertRaises(UnsupportedParameter, arguments.structure, "R")

    def test_stru_x_is_refused(self) -> None:
        """No structure at all."""
        self.assertRaises(BadArgument, arguments.structure, "X")

    def test_mode_s_is_accepted(self) -> None:
        """Trailing blanks are common."""
        arguments.mode("S ")

    def test_mode_z_is_not_supported(self) -> None:
        """Nor are B and C."""
        self.assertRaises(UnsupportedParameter, arguments.mode, "z")

    def test_no_mode_is_refused(self) -> None:
        """The argument is missing."""
        self.assertRaises(BadArgument, arguments.mode, "")


class NumberTests(SynchronousTestCase):
    """REST, ALLO, SITE UMASK and SITE IDLE."""

    def test_an_offset_is_a_number(self) -> None:
        """Blanks around it are no part of it."""
        self.assertEqual(arguments.offset(" 100 "), 100)

    def test_the_largest_offset(self) -> None:
        """Sixty-three bits."""
        self.assertEqual(arguments.offset(str(2**63 - 1)), 2**63 - 1)

    def test_an_offset_above_the_largest_is_refused(self) -> None:
        """One more."""
        self.assertRaises(BadArgument, arguments.offset, str(2**63))

    def test_thousands_of_digits_are_refused(self) -> None:
        """Python itself would refuse them with another error."""
        self.assertRaises(BadArgument, arguments.offset, "9" * 8000)

    def test_leading_zeros_are_forgiven(self) -> None:
        """However many."""
        self.assertEqual(arguments.offset("0" * 100 + "7"), 7)

    def test_a_negative_offset_is_refused(self) -> None:
        """A marker is digits only (RFC 3659 section 5.2)."""
        self.assertRaises(BadArgument, arguments.offset, "-1")

    def test_no_offset_is_refused(self) -> None:
        """The argument is missing."""
        self.assertRaises(BadArgument, arguments.offset, "")

    def test_allo_with_a_record_size(self) -> None:
        """``n R m``: the octets count."""
        self.assertEqual(arguments.allocation("1000 r 80"), 1000)

    def test_allo_without_a_number_is_refused(self) -> None:
        """RFC 959 section 4.1.3."""
        self.assertRaises(BadArgument, arguments.allocation, "x")

    def test_allo_with_half_a_record_size_is_refused(self) -> None:
        """Its number is missing."""
        self.assertRaises(BadArgument, arguments.allocation, "1000 R")

    def test_a_mask_is_octal(self) -> None:
        """As the shell's."""
        self.assertEqual(arguments.octal_mask("022"), 0o022)

    def test_a_mask_above_777_is_refused(self) -> None:
        """One more than all permission bits."""
        self.assertRaises(BadArgument, arguments.octal_mask, "1000")

    def test_no_mask_asks_for_the_mask(self) -> None:
        """SITE UMASK alone."""
        self.assertIsNone(arguments.octal_mask(""))

    def test_no_seconds_ask_for_the_seconds(self) -> None:
        """SITE IDLE alone."""
        self.assertIsNone(arguments.seconds(" "))

    def test_seconds_are_a_number(self) -> None:
        """Digits only."""
        self.assertRaises(BadArgument, arguments.seconds, "1.5")


class HostTests(SynchronousTestCase):
    """HOST (RFC 7151 section 3.1)."""

    def test_a_name_is_read_in_any_case(self) -> None:
        """And kept in lower case."""
        self.assertEqual(arguments.host_name("FTP.Example.com"), "ftp.example.com")

    def test_an_ipv4_address(self) -> None:
        """As dotted numbers."""
        self.assertEqual(arguments.host_name("192.0.2.1"), "192.0.2.1")

    def test_an_ipv6_address_in_brackets(self) -> None:
        """In its shortest form."""
        self.assertEqual(arguments.host_name("[2001:DB8:0::1]"), "[2001:db8::1]")

    def test_an_ipv6_address_without_brackets_is_refused(self) -> None:
        """It would look like a port."""
        self.assertRaises(BadArgument, arguments.host_name, "2001:db8::1")

    def test_a_port_is_refused(self) -> None:
        """RFC 7151 section 3.2."""
        self.assertRaises(BadArgument, arguments.host_name, "example.com:21")

    def test_a_trailing_dot_is_refused(self) -> None:
        """The grammar has none."""
        self.assertRaises(BadArgument, arguments.host_name, "example.com.")

    def test_an_underscore_is_refused(self) -> None:
        """Letters, digits and hyphens only."""
        self.assertRaises(BadArgument, arguments.host_name, "a_b.example")

    def test_a_number_that_is_no_address_is_refused(self) -> None:
        """A name does not end in a number."""
        self.assertRaises(BadArgument, arguments.host_name, "300.1.1.1")

    def test_a_label_of_63_letters_is_accepted(self) -> None:
        """The longest."""
        self.assertEqual(arguments.host_name("a" * 63), "a" * 63)

    def test_a_label_of_64_letters_is_refused(self) -> None:
        """One more than the longest."""
        self.assertRaises(BadArgument, arguments.host_name, "a" * 64)


class LanguageTests(SynchronousTestCase):
    """LANG (RFC 2640 section 4.1)."""

    def test_a_tag_is_read_in_any_case(self) -> None:
        """And kept in lower case."""
        self.assertEqual(arguments.language("en-GB"), "en-gb")

    def test_nothing_means_the_default(self) -> None:
        """The language of the greeting."""
        self.assertEqual(arguments.language(""), "")

    def test_no_tag_is_refused(self) -> None:
        """RFC 1766."""
        self.assertRaises(BadArgument, arguments.language, "en_GB")
