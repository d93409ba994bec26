"""Texts of the configuration that have a form of their own: banners, names, permissions, homes, passwords.

Every function takes a value as YAML gave it and raises ValueError with what was expected and, where it can be no
secret, what was found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from pydantic import ValidationInfo

from ftpd_service.auth.passwords import valid_format
from ftpd_service.config.problems import FromEnvironment, found, kind
from ftpd_service.values import Permissions

BANNER_OCTETS = 400
"""Fits one line of a reply at every client with some to spare (RFC 959 names no bound, clients do)."""
PREFIX_LEAST = 4
"""Characters: fewer begin the names of files that have nothing to do with uploads."""
PREFIX_OCTETS = 32
"""Leaves most of the 255 octets of a file name to the name itself."""
PASSWORD_FILE_OCTETS = 4096

PERMISSIONS = {
    "all": Permissions.ALL,
    "read": Permissions.LIST | Permissions.READ,
    "write": (
        Permissions.LIST | Permissions.READ | Permissions.CREATE | Permissions.APPEND | Permissions.MAKE_DIRECTORY
    ),
    "none": Permissions.NONE,
}
"""What the words that stand alone mean."""

SINGLE_PERMISSIONS: Mapping[str, Permissions] = {
    word: Permissions[word.upper().replace("-", "_")] for word in Permissions.ALL.words()
}
"""What the words of a list mean, one permission each."""

_UMASK = re.compile(r"[0-7]{1,4}\Z")
_BRACES = re.compile(r"\{name\}|[{}]")


def one_of(value: object, *, words: tuple[str, ...], later: tuple[str, ...] = ()) -> str:
    """One of some words; those of `later` belong to features that this version does not have."""
    if isinstance(value, str) and value in words:
        return str(value)
    if isinstance(value, str) and value in later:
        raise ValueError(f"{value} is not available in this version; expected {_either(words)}")
    raise ValueError(f"expected {_either(words)}, found {found(value)}")


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def banner(value: object) -> str:
    """One line of text for people."""
    text = _printable(value, "one line of text")
    if len(text.encode()) > BANNER_OCTETS:
        raise ValueError(f"expected at most {BANNER_OCTETS} octets, found {len(text.encode())}")
    return text


def hidden_prefix(value: object) -> str:
    """How temporary names begin; a dot and more, so that no ordinary file of a client begins so."""
    text = _printable(value, 'the beginning of a file name, such as ".ftpd-"')
    fits = text.startswith(".") and len(text) >= PREFIX_LEAST and len(text.encode()) <= PREFIX_OCTETS
    if not fits or "/" in text:
        raise ValueError(
            f"expected the beginning of a file name that begins with a dot and has {PREFIX_LEAST} characters or more, "
            f'such as ".ftpd-", without / and of at most {PREFIX_OCTETS} bytes; found {found(value)}'
        )
    return text


def umask(value: object) -> int:
    """Octal digits in quotes; a number is refused, as nobody can tell 027 from 27 once YAML has read it."""
    if not isinstance(value, str) or not _UMASK.match(value) or int(value, 8) > 0o777:
        raise ValueError(f'expected octal digits in quotes, such as "027"; found {found(value)}')
    return int(value, 8)


def permissions(value: object) -> Permissions:
    """A word that stands alone, or a list of single permissions."""
    expected = f"expected {_either(tuple(PERMISSIONS))}, or a list of {', '.join(SINGLE_PERMISSIONS)}"
    if isinstance(value, list):
        unknown = [item for item in value if not isinstance(item, str) or item not in SINGLE_PERMISSIONS]
        if unknown:
            raise ValueError(f"{expected}; found {found(unknown[0])} in the list")
        total = Permissions.NONE
        for item in value:
            total |= SINGLE_PERMISSIONS[item]
        return total
    if not isinstance(value, str) or value not in PERMISSIONS:
        raise ValueError(f"{expected}; found {found(value)}")
    return PERMISSIONS[value]


def home(value: object, info: ValidationInfo) -> str:
    """An absolute host path; a relative one is taken from the directory of the file."""
    text = _printable(value, "the path of a directory")
    if text.startswith("~"):
        raise ValueError(f"expected a path without ~, which is not expanded here; found {found(value)}")
    if any(brace != "{name}" for brace in _BRACES.findall(text)):
        raise ValueError(f"expected a path in which {{name}} alone stands in braces, found {found(value)}")
    return os.path.normpath(os.path.join(_folder(info), text))


def password(value: object) -> str:
    """A stored password in one of the known formats.  No message shows any of it."""
    if not isinstance(value, str):
        raise ValueError(f"expected a password as text in quotes, found {kind(value)}")
    problem = valid_format(str(value))
    if problem is not None:
        raise ValueError(problem)
    return str(value)


def password_file(value: object, info: ValidationInfo) -> str:
    """The stored password that is the first and only line of a file."""
    path = os.path.join(_folder(info), _printable(value, "the path of a file"))
    try:
        with open(path, encoding="utf-8") as file:
            stored = file.read(PASSWORD_FILE_OCTETS).removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError("the file holds no text in UTF-8") from None
    if "\n" in stored:
        raise ValueError("expected a file of one line, found more")
    return password(stored)


def file_path(value: object, info: ValidationInfo) -> str:
    """The path of a file, which is not looked at here; a relative one is taken from the directory of the file."""
    path = _printable(value, "the path of a file")
    if path.startswith("~"):
        raise ValueError(f"expected a path without ~, which is not expanded here; found {found(value)}")
    return os.path.normpath(os.path.join(_folder(info), path))


def file_path_or_null(value: object, info: ValidationInfo) -> str | None:
    """The path of a file, or null for none."""
    return None if value is None else file_path(value, info)


def tls_version(value: object) -> str:
    """``1.2`` or ``1.3``; without quotes too, where YAML makes it a number."""
    return one_of(str(value) if isinstance(value, float) else value, words=("1.2", "1.3"))


def text(value: object) -> str:
    """Any text but an empty one; not shown, as descriptions of checkers may hold passwords."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a text, found {kind(value) if value != '' else 'an empty one'}")
    return str(value)


def options(value: object) -> dict[str, object]:
    """Keyword arguments of a stranger's constructor: anything that YAML can say."""
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping of keyword arguments, found {kind(value)}")
    return {key: _plain(item) for key, item in value.items()}


def _plain(value: object) -> object:
    """A value without our marks, as no stranger's constructor should meet a type of ours."""
    if isinstance(value, FromEnvironment):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _printable(value: object, what: str) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"expected {what}, found {found(value)}")
    return str(value)


def _folder(info: ValidationInfo) -> str:
    return str(info.context)  # the text that load() hands over; pydantic does not know its type
