"""The character sets of control connections and listings: UTF-8, and the sets of devices that know no UTF-8.

Inside the server all text is Unicode, and names on the disk are UTF-8 (`ftpd_service.wire.names`).  Only the bytes to
and from the client are in its set.

A set is allowed if it has no states, if bytes below 80 hex are ASCII, and if no character of it contains a byte below
30 hex.  So a slash, a dot, a space, a quote, CR, LF, NUL and other control characters of ASCII are what they seem in
every set, for the code that looks at bytes and for clients.  UTF-7, UTF-16, HZ, ISO-2022, EBCDIC, and the sets of
JIS X 0213 in which 5C hex is a yen sign are not allowed.

`Charset.encode` uses escapes for characters that the set does not hold, and its result is valid in the set, so a strict
client reads every listing.  Controls beyond ASCII (C1, which are letters in other sets) and U+2028 and U+2029 count as
not held, because some clients end a line at them.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Protocol

from ftpd_service.wire import names
from ftpd_service.wire.name_escapes import escaped, has_escape, unescaped

UTF_8 = "utf-8"

LEGACY_CHARSETS = (
    *("gbk", "gb2312", "gb18030", "big5", "big5hkscs", "cp950"),
    *("shift_jis", "cp932", "euc_jp"),
    *("euc_kr", "cp949", "johab"),
    *(f"cp{number}" for number in (874, *range(1250, 1259))),
    *("latin_1", *(f"iso8859_{number}" for number in (*range(2, 12), *range(13, 17))), "tis_620"),
    *("koi8_r", "koi8_u", "koi8_t", "kz1048", "ptcp154"),
    *(f"cp{number}" for number in (437, 720, 737, 775, 850, 852, 855, 856, 857, 858, *range(860, 864))),
    *("cp865", "cp866", "cp869", "cp1006", "cp1125"),
    *("mac_roman", "mac_latin2", "mac_cyrillic", "mac_greek", "mac_turkish", "mac_iceland", "hp_roman8"),
    "ascii",
)
"""The sets beside UTF-8, by Python's names."""

_NOT_HELD = re.compile("[\x80-\x9f\u2028\u2029]")


class Charset(Protocol):
    """A character set of a session.

    :ivar name: its name, for texts.
    :ivar has_ff: whether the byte FF, which begins commands of Telnet, is a character of the set.
    """

    name: str
    has_ff: bool

    def encode(self, text: str) -> bytes:
        """Return the bytes of a text: any text of the server, in which names may stand."""

    def argument(self, text: str) -> str:
        """Return an argument that came in this set and was decoded as UTF-8, without losses; escapes are resolved."""

    def secret(self, text: str) -> str:
        """Return a name or a password of a login likewise, in which there are no escapes."""


class _Utf8:
    """UTF-8: bytes that are not UTF-8 stay as they are, in both directions."""

    name = UTF_8
    has_ff = False

    def encode(self, text: str) -> bytes:
        return names.encode(text)

    def argument(self, text: str) -> str:
        return text

    def secret(self, text: str) -> str:
        return text


UTF8: Charset = _Utf8()
"""The set of all sessions without a legacy set."""


class _Legacy:
    """A set that does not hold all characters."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.has_ff = bool(b"\xff".decode(name, "ignore"))

    def encode(self, text: str) -> bytes:
        data = self._whole(text)
        if data is not None and not has_escape(text):
            return data
        data = self._whole(escaped(text, self._held))
        if data is None:
            # Characters that the set holds one by one may be another character beside each other.
            data = escaped(text, lambda characters: False).encode("ascii")
        return data

    def argument(self, text: str) -> str:
        return unescaped(self.secret(text))

    def secret(self, text: str) -> str:
        if text.isascii():
            return text
        data = names.encode(text)
        try:
            return data.decode(self.name)
        except UnicodeDecodeError:
            return "/".join(map(self._part, data.split(b"/")))

    def _part(self, data: bytes) -> str:
        """Return the text of a name; if its bytes are not valid in the set, they are its bytes on the disk."""
        try:
            return data.decode(self.name)
        except UnicodeDecodeError:
            return names.decode(data)

    def _held(self, characters: str) -> bool:
        return self._whole(characters) is not None

    def _whole(self, text: str) -> bytes | None:
        """Return the bytes of a text if the set holds all of it: some sets have one byte for two characters."""
        try:
            data = text.encode(self.name)
            same = data.decode(self.name) == text
        except UnicodeError:
            return None
        return data if same and _NOT_HELD.search(text) is None else None


def known_charset(name: str) -> str | None:
    """Return the name of a set that is allowed, also by another name of it, or None."""
    try:
        found = codecs.lookup(name).name.replace("-", "_")
    except (LookupError, ValueError):
        return None
    if found == "utf_8":
        return UTF_8
    return next((known for known in LEGACY_CHARSETS if found == codecs.lookup(known).name.replace("-", "_")), None)


@lru_cache(maxsize=len(LEGACY_CHARSETS) + 1)
def charset_named(name: str) -> Charset:
    """Return a set that `known_charset` knows by this name."""
    return UTF8 if name == UTF_8 else _Legacy(name)
