"""Which names clients may see and make, and how a virtual path becomes bytes for the disk.

Shared by the local and the memory storage, so that both give the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ftpd_service.errors import NameNotAllowed, NotFound
from ftpd_service.values import VirtualPath
from ftpd_service.wire.names import encode

NAME_OCTETS = 255
"""The longest name that Linux file systems take (NAME_MAX)."""
TOKEN_BYTES = 8
"""Random bytes in the name of a temporary file, which has them as hexadecimal digits."""
PATH_OCTETS = 4095
"""The longest path that the kernel takes, without its closing NUL (PATH_MAX)."""

_CONTROL_CHARACTERS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]")
"""C0 but for the tab, DEL, and C1 in UTF-8, which a terminal takes for commands and some programs for a line end.

C1 counts in a name that is no UTF-8 as a whole, too: else a single wrong byte would get it through.
"""


def has_control_characters(name: bytes) -> bool:
    """Whether a name holds a control character of ASCII or of Unicode; a tab does not count."""
    return _CONTROL_CHARACTERS.search(name) is not None


class NameRules:
    """Says no to names, by their text alone.

    :param hidden_prefix: temporary names of uploads begin so; clients can neither see nor name them.
    """

    def __init__(self, hidden_prefix: str) -> None:
        self.hidden_prefix = encode(hidden_prefix)
        self._temporary = re.compile(re.escape(self.hidden_prefix) + rb"[0-9a-f]{%d}" % (2 * TOKEN_BYTES))

    def temporary(self, name: bytes) -> bool:
        """Whether a name has exactly the form that this server gives temporary files.

        Only such a file may be removed as a leftover: a name that merely begins so is somebody's own.
        """
        return self._temporary.fullmatch(name) is not None

    def all_temporary(self, names: Sequence[bytes]) -> list[bytes]:
        """Those of the names that are `temporary`; one look at all of them together where there are none."""
        if b"\0" + self.hidden_prefix not in b"\0".join((b"", *names)):
            return []
        return [name for name in names if self.temporary(name)]

    def visible(self, name: bytes) -> bool:
        """Whether a listing may show the name: a CR or LF would split its row (RFC 3659 section 2.2)."""
        return not (name.startswith(self.hidden_prefix) or b"\r" in name or b"\n" in name)

    def all_visible(self, names: Sequence[bytes]) -> Sequence[bytes]:
        """Those of the names that are `visible`; one look at all of them together where nothing is to be left out."""
        text = b"\0".join((b"", *names))
        if b"\r" in text or b"\n" in text or b"\0" + self.hidden_prefix in text:
            return [name for name in names if self.visible(name)]
        return names

    def existing(self, path: VirtualPath) -> bytes:
        """The bytes of a path that is to be found.

        :raises NotFound: where no such name can exist for a client.
        """
        raw = encode(path)
        if self._leads_nowhere(raw) or any(len(name) > NAME_OCTETS for name in raw.split(b"/")):
            raise NotFound("no such name")
        return raw

    def new(self, path: VirtualPath) -> bytes:
        """The bytes of a path whose last name may be made.

        :raises NameNotAllowed: hidden prefix (in a directory's name too), a control character, or too long.
        """
        raw = encode(path)
        name = raw.rpartition(b"/")[2]
        if self._leads_nowhere(raw) or has_control_characters(name) or len(name) > NAME_OCTETS:
            raise NameNotAllowed("the name may not be made")
        return raw

    def _leads_nowhere(self, raw: bytes) -> bool:
        return len(raw) > PATH_OCTETS or b"\0" in raw or b"/" + self.hidden_prefix in raw


@lru_cache(maxsize=8)
def name_rules(hidden_prefix: str) -> NameRules:
    """The rules of a hidden prefix, made once: compiling theirs takes longer than all else of a storage."""
    return NameRules(hidden_prefix)
