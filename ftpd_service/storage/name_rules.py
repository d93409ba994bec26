"""The names that clients may see and make, and the bytes of virtual paths on disk.

The local and the memory storage share these rules, so that both answer alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ftpd_service.errors import NameNotAllowed, NotFound
from ftpd_service.values import VirtualPath
from ftpd_service.wire.names import encode

NAME_BYTES = 255
"""The longest name on Linux file systems (NAME_MAX)."""
TOKEN_BYTES = 8
"""The random bytes in the name of a temporary file, which contains them as hexadecimal digits."""
ACCOUNT_BYTES = 10
"""The bytes of the hash of an account's name in the hidden name of an unfinished upload, which has them in base 32."""
PATH_BYTES = 4095
"""The longest path that the kernel accepts, without its final NUL (PATH_MAX)."""

_CONTROL_CHARACTERS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]")
"""C0 except the tab, DEL, and C1 in UTF-8; terminals obey these characters, and some programs end a line at them.

C1 also counts in a name that is not valid UTF-8; otherwise a single wrong byte would let it pass.
"""


def has_control_characters(name: bytes) -> bool:
    """Return whether a name contains a control character of ASCII or Unicode; a tab does not count."""
    return _CONTROL_CHARACTERS.search(name) is not None


class NameRules:
    """The rules for names, which look at nothing but the text.

    :param hidden_prefix: the beginning of uploads' temporary names, which clients can neither see nor use.
    """

    def __init__(self, hidden_prefix: str) -> None:
        self.hidden_prefix = encode(hidden_prefix)
        self._temporary = re.compile(re.escape(self.hidden_prefix) + rb"[0-9a-f]{%d}" % (2 * TOKEN_BYTES))
        self.unfinished_prefix = self.hidden_prefix + b"resume-"
        self._unfinished = re.compile(
            re.escape(self.unfinished_prefix) + rb"[a-z2-7]{%d}-(.+)" % (ACCOUNT_BYTES * 8 // 5), re.DOTALL
        )

    def temporary(self, name: bytes) -> bool:
        """Return whether a name has exactly the form that this server gives temporary files.

        Only such a file may be removed as a leftover: other names with the prefix belong to users.
        """
        return self._temporary.fullmatch(name) is not None

    def unfinished(self, name: bytes) -> bool:
        """Return whether a name has exactly the form that this server gives unfinished uploads (`local.unfinished`)."""
        return self._unfinished.fullmatch(name) is not None

    def final_name(self, name: bytes) -> bytes:
        """Return the final name of an upload with a name that is `unfinished`."""
        found = self._unfinished.fullmatch(name)
        return name if found is None else found[1]

    def all_hidden(self, names: Sequence[bytes]) -> list[bytes]:
        """Return the names with the hidden prefix; a single search shows that there are none, as in most cases."""
        if b"\0" + self.hidden_prefix not in b"\0".join((b"", *names)):
            return []
        return [name for name in names if name.startswith(self.hidden_prefix)]

    def visible(self, name: bytes) -> bool:
        """Return whether a listing may show the name: a CR or LF would split its row (RFC 3659 section 2.2)."""
        return not (name.startswith(self.hidden_prefix) or b"\r" in name or b"\n" in name)

    def all_visible(self, names: Sequence[bytes]) -> Sequence[bytes]:
        """Return the names that are `visible`; a single search shows that all of them are, as in most cases."""
        text = b"\0".join((b"", *names))
        if b"\r" in text or b"\n" in text or b"\0" + self.hidden_prefix in text:
            return [name for name in names if self.visible(name)]
        return names

    def existing(self, path: VirtualPath) -> bytes:
        """Return the bytes of a path to an existing object.

        :raises NotFound: no client can see such a name.
        """
        raw = encode(path)
        if self._leads_nowhere(raw) or any(len(name) > NAME_BYTES for name in raw.split(b"/")):
            raise NotFound("no such name")
        return raw

    def new(self, path: VirtualPath) -> bytes:
        """Return the bytes of a path whose last name may be made.

        :raises NameNotAllowed: a name has the hidden prefix, or the last name has a control character or is too long.
        """
        raw = encode(path)
        name = raw.rpartition(b"/")[2]
        if self._leads_nowhere(raw) or has_control_characters(name) or len(name) > NAME_BYTES:
            raise NameNotAllowed("the name may not be made")
        return raw

    def _leads_nowhere(self, raw: bytes) -> bool:
        return len(raw) > PATH_BYTES or b"\0" in raw or b"/" + self.hidden_prefix in raw


@lru_cache(maxsize=8)
def name_rules(hidden_prefix: str) -> NameRules:
    """Return the rules of a hidden prefix, cached because compiling them takes longer than the rest of a storage."""
    return NameRules(hidden_prefix)
