"""Character sets: what is allowed, and names that go to a client and come back."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.values import ROOT, Entry, EntryKind
from ftpd_service.wire import facts, listing, names
from ftpd_service.wire.charsets import LEGACY_CHARSETS, UTF8, Charset, charset_named, known_charset
from ftpd_service.wire.file_replies import working_directory
from ftpd_service.wire.name_escapes import escaped, unescaped
from ftpd_service.wire.paths import join
from ftpd_service.wire.reply import encode
from tests.cases import SynchronousTestCase
from tests.wire.strategies import entries, relaxed

ALL = (UTF8, *(charset_named(name) for name in LEGACY_CHARSETS))

EVERYTHING = "".join(chr(point) for point in range(0x80, 0x30000) if not 0xD800 <= point <= 0xDFFF)
"""The characters beyond ASCII that have names in any set."""

charsets = st.sampled_from(ALL)
legacy_charsets = st.sampled_from(ALL[1:])

client_bytes = st.one_of(
    st.binary(max_size=24),
    st.lists(
        st.sampled_from([b"=", b"-", b"4F60", b"FF", b"3D", b"2F", b"/", b"..", b"\xc4\xe3", b"\x83\\", b"\xff"]),
        max_size=10,
    ).map(b"".join),
).map(lambda data: data.replace(b"\0", b"").replace(b"\n", b"").replace(b"\r", b""))
"""What a client may send as an argument, with pieces of escapes and of characters of two bytes."""

disk_names = st.one_of(
    client_bytes.map(names.decode),
    st.text(st.characters(codec="utf-8"), max_size=24),
    st.lists(
        st.sampled_from(["=", "-", "4F60", "FF", "3D", "你", "\udcff", "é", "か゚", "Ê̄", "¥", "\x85", "\u2028", "😀"]),
        max_size=10,
    ).map("".join),
).map(lambda text: names.decode(names.encode(text)))
"""Names as the disk may have them."""


def sent(charset: Charset, data: bytes) -> str:
    """The text of an argument that came as these bytes."""
    return charset.argument(names.decode(data))


def each(found: Callable[[str], object]) -> list[str]:
    """The sets for which a function finds something."""
    return [name for name in LEGACY_CHARSETS if found(name)]


class AllowedSetTests(SynchronousTestCase):
    """`LEGACY_CHARSETS`, which are tried whole."""

    def test_ascii_is_ascii(self) -> None:
        """All bytes below 80 hex stand for themselves."""
        ascii_bytes = bytes(range(0x80))
        self.assertEqual(each(lambda name: ascii_bytes.decode(name) != ascii_bytes.decode("ascii")), [])

    def test_no_character_has_a_byte_that_means_something(self) -> None:
        """So no name has a slash, a dot, a space, CR, LF, NUL or another control in its bytes."""
        self.assertEqual(each(lambda name: [one for one in EVERYTHING.encode(name, "ignore") if one < 0x30]), [])

    def test_no_byte_below_30_ends_a_character(self) -> None:
        """Nor does one vanish in a character when a client sends bytes that are not valid."""

        def swallowed(name: str) -> list[int]:
            low = bytes(range(0x30))
            return [lead for lead in range(0x80, 0x100) if self._hidden(bytes((lead,)), low, name)]

        self.assertEqual(each(swallowed), [])

    def _hidden(self, lead: bytes, low: bytes, name: str) -> bool:
        """Whether a byte of `low` behind a lead is not decoded as itself."""
        text = b"".join(lead + bytes((one,)) + b"~" for one in low).decode(name, "surrogateescape")
        return [character for character in text if character < "0"] != [chr(one) for one in low]

    def test_no_set_has_surrogates(self) -> None:
        """They stand for bytes that are not UTF-8."""

        def surrogates(name: str) -> list[str]:
            text = EVERYTHING.encode(name, "ignore").decode(name, "ignore")
            return [character for character in text if "\ud800" <= character <= "\udfff"]

        self.assertEqual(each(surrogates), [])

    def test_unsafe_sets_are_not_known(self) -> None:
        """Sets with states, of two bytes for ASCII, or with other characters in its place."""
        unsafe = (
            "utf-7",
            "utf-16",
            "utf-32",
            "utf-8-sig",
            "hz",
            "iso2022_jp",
            "cp037",
            "cp500",
            "shift_jis_2004",
            "rot13",
        )
        self.assertEqual([name for name in (*unsafe, "no-such", "\0", "") if known_charset(name)], [])

    def test_other_names_of_a_set(self) -> None:
        """As Python knows them."""
        found = [known_charset(name) for name in ("UTF8", "GB2312-80", "windows-1252", "ISO-8859-1", "sjis", "CP936")]
        self.assertEqual(found, ["utf-8", "gb2312", "cp1252", "latin_1", "shift_jis", "gbk"])


class ThereAndBackTests(SynchronousTestCase):
    """Names to the client and back."""

    @relaxed
    @given(charsets, disk_names)
    def test_every_name_comes_back(self, charset: Charset, name: str) -> None:
        """The bytes that a client was shown name the same file."""
        self.assertEqual(sent(charset, charset.encode(name)), name)

    @relaxed
    @given(charsets, client_bytes)
    def test_every_argument_names_one_file(self, charset: Charset, data: bytes) -> None:
        """A name that a client makes, also of bytes that its set does not have, is reached as it is shown."""
        name = sent(charset, data)
        self.assertEqual(names.decode(names.encode(name)), name)
        self.assertEqual(sent(charset, charset.encode(name)), name)

    @relaxed
    @given(legacy_charsets, disk_names)
    def test_what_is_shown_is_valid_in_the_set(self, charset: Charset, name: str) -> None:
        """A strict client reads every listing."""
        self.assertNotIn("\ufffd", charset.encode(name.replace("\ufffd", "")).decode(charset.name))

    @relaxed
    @given(legacy_charsets, client_bytes)
    def test_invalid_bytes_are_the_bytes_on_the_disk(self, charset: Charset, data: bytes) -> None:
        """Name by name: nothing is lost, whatever a client sends."""
        for part in data.split(b"/"):
            try:
                part.decode(charset.name)
            except UnicodeDecodeError:
                self.assertEqual(names.encode(charset.secret(names.decode(part))), part)

    @relaxed
    @given(charsets, client_bytes)
    def test_slashes_and_dots_come_from_slashes_and_dots(self, charset: Charset, data: bytes) -> None:
        """No set and no escape makes a path of another depth, or ``..`` of something else."""
        text = sent(charset, data)
        self.assertEqual(text.count("/"), data.count(b"/"))
        self.assertEqual(
            [one for one in text.split("/") if one == ".."], [".." for one in data.split(b"/") if one == b".."]
        )

    @relaxed
    @given(charsets, disk_names)
    def test_no_control_character_arises(self, charset: Charset, name: str) -> None:
        """The controls in the bytes are those of the name."""
        low = [one for one in charset.encode(name) if one < 0x20 or one == 0x7F]
        self.assertEqual(low, [ord(one) for one in name if ord(one) < 0x20 or ord(one) == 0x7F])

    @relaxed
    @given(legacy_charsets, st.lists(entries, max_size=3))
    def test_no_row_is_forged(self, charset: Charset, page: list[Entry]) -> None:
        """Every entry has its one row in LIST, NLST and MLSD, also for clients that end lines at NEL or U+2028."""
        shown = [entry for entry in page if "\n" not in entry.name and "\r" not in entry.name]
        plain = [entry._replace(link=None) for entry in shown]
        made = (
            listing.list_page(plain, listing.ListStyle(charset=charset), 0.0),
            listing.nlst_page(plain, charset=charset),
            facts.mlsd_page(plain, facts.DEFAULT_FACTS, charset),
        )
        for rows in made:
            self.assertEqual(rows.count(b"\r\n"), len(plain))
            text = rows.decode(charset.name)
            self.assertFalse({"\x85", "\u2028", "\u2029"} & set(text))

    @relaxed
    @given(charsets, disk_names)
    def test_rows_end_with_the_name(self, charset: Charset, name: str) -> None:
        """The bytes behind the facts are an argument for the same file."""
        name = name.replace("/", "").replace("\n", "").replace("\r", "") or "x"
        entry = Entry(name=name, kind=EntryKind.FILE, size=4096, modified_ns=0, mode=0o644)
        row = facts.mlsd_page([entry], facts.DEFAULT_FACTS, charset).removesuffix(b"\r\n")
        self.assertEqual(sent(charset, row.partition(b" ")[2]), names.decode(names.encode(name)))
        self.assertTrue(row.startswith(b"type=file;size=4096;"))


class NotHeldTests(SynchronousTestCase):
    """Characters that a set has, but cannot give back, or that are line ends for some clients."""

    def test_two_characters_of_one_byte(self) -> None:
        """Python's Shift-JIS writes a yen sign as a backslash."""
        self.assertEqual(charset_named("shift_jis").encode("¥\\"), b"=00A5=\\")

    def test_characters_that_are_another_beside_each_other(self) -> None:
        """Each of them is held, and both together are not."""
        shown = charset_named("big5hkscs").encode("Ê\u0304")
        self.assertEqual(sent(charset_named("big5hkscs"), shown), "Ê\u0304")

    def test_controls_beyond_ascii(self) -> None:
        """NEL ends a line for some clients, and in latin-1 it is a byte."""
        self.assertEqual(charset_named("latin_1").encode("a\x85b"), b"a=0085=b")

    def test_line_separators(self) -> None:
        """GB 18030 has them."""
        self.assertEqual(charset_named("gb18030").encode("a\u2028\u2029"), b"a=2028-2029=")


class ReplyTests(SynchronousTestCase):
    """Replies in a set."""

    def test_each_ff_is_doubled(self) -> None:
        """The last letter of the Russian alphabet begins Telnet commands in CP1251."""
        self.assertIn(b'"/\xff\xff"', encode(working_directory(join(ROOT, "я")), charset_named("cp1251")))

    def test_quotes_are_doubled_in_every_set(self) -> None:
        """No character of the sets has a quote among its bytes."""
        self.assertIn(b'"/\x83\\""x"', encode(working_directory(join(ROOT, 'ソ"x')), charset_named("shift_jis")))

    def test_a_name_like_an_escape_is_escaped_in_replies_of_one_line(self) -> None:
        """Although it is ASCII."""
        self.assertIn(b'"/=3D=4F60="', encode(working_directory(join(ROOT, "=4F60=")), charset_named("gbk")))


class EscapeTests(SynchronousTestCase):
    """The form of escapes."""

    def test_runs_share_their_marks(self) -> None:
        """And so stay short."""
        self.assertEqual(escaped("a你好\udcff.txt", str.isascii), "a=4F60-597D-FF=.txt")

    def test_texts_that_are_no_escapes_stay(self) -> None:
        """ASCII, small letters, surrogates, superfluous digits: nobody finds them changed."""
        texts = (
            "=41=",
            "=002F=",
            "=4f60=",
            "=D800=",
            "=004F60=",
            "=110000=",
            "==",
            "=4F60",
            "a=b",
            "=2F=",
            "=4F60-41=",
        )
        self.assertEqual([unescaped(text) for text in texts], list(texts))

    def test_bytes_of_utf8_are_its_character(self) -> None:
        """A name on the disk has only one text, which rules and clients see."""
        self.assertEqual(unescaped("=C3-A9=x"), "éx")

    def test_every_text_comes_back(self) -> None:
        """Beside each other, marks and escapes are not taken for each other."""
        texts = ("=4F60=", "==4F60==", "=4F60你", "=3D=", "=FF=-=FE=", "=4F60=4F60=")
        self.assertEqual([unescaped(escaped(text, str.isascii)) for text in texts], list(texts))
