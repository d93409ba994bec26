"""Texts of the configuration with a special form: banners, names, permissions, homes, passwords.

Every function takes a value as YAML gave it.  It raises ValueError with a text that names the expected value and, if it
cannot be a secret, the found value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from pydantic import ValidationInfo

from ftpd_service.auth.passwords import valid_format
from ftpd_service.config.problems import FromEnvironment, found, kind
from ftpd_service.values import Permissions
from ftpd_service.wire.charsets import known_charset

BANNER_OCTETS = 400
"""The longest banner; every client accepts a line of this length (RFC 959 names no bound, but clients have a bound)."""
PREFIX_LEAST = 4
"""The fewest characters of the prefix; shorter prefixes begin the names of files that are not uploads."""
PREFIX_OCTETS = 32
"""The longest prefix in bytes, which leaves most of the 255 bytes of a file name to the name itself."""
PASSWORD_FILE_OCTETS = 4096

PERMISSIONS = {
    "all": Permissions.ALL,
    "read": Permissions.LIST | Permissions.READ,
    "write": (
        Permissions.LIST | Permissions.READ | Permissions.CREATE | Permissions.APPEND | Permissions.MAKE_DIRECTORY
    ),
    "none": Permissions.NONE,
}
"""The permissions of each word that stands alone."""

SINGLE_PERMISSIONS: Mapping[str, Permissions] = {
    word: Permissions[word.upper().replace("-", "_")] for word in Permissions.ALL.words()
}
"""The permission of each word in a list."""

_UMASK = re.compile(r"[0-7]{1,4}\Z")
_FILE_NAME = re.compile(r"[A-Za-z0-9._-]+")
_BRACES = re.compile(r"\{name\}|[{}]")


def one_of(value: object, *, words: tuple[str, ...], later: tuple[str, ...] = ()) -> str:
    """Return one of some words; the words in `later` belong to features that this version does not have."""
    if isinstance(value, str) and value in words:
        return str(value)
    if isinstance(value, str) and value in later:
        raise ValueError(f"{value} is not available in this version; expected {_either(words)}")
    raise ValueError(f"expected {_either(words)}, found {found(value)}")


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def banner(value: object) -> str:
    """Return a line of text for people."""
    text = _printable(value, "one line of text")
    if len(text.encode()) > BANNER_OCTETS:
        raise ValueError(f"expected at most {BANNER_OCTETS} bytes, found {len(text.encode())}")
    return text


def hidden_prefix(value: object) -> str:
    """Return the prefix of temporary names, which is long enough that ordinary files do not have it."""
    text = _printable(value, 'the beginning of a file name, such as ".ftpd-"')
    fits = text.startswith(".") and len(text) >= PREFIX_LEAST and len(text.encode()) <= PREFIX_OCTETS
    if not fits or "/" in text:
        raise ValueError(
            f"expected the beginning of a file name that begins with a dot and has {PREFIX_LEAST} characters or more, "
            f'such as ".ftpd-", without / and of at most {PREFIX_OCTETS} bytes; found {found(value)}'
        )
    return text


def charset(value: object) -> str:
    """Return Python's name of a character set in which names can come."""
    text = _printable(value, "a character set, such as utf-8 or gbk")
    known = known_charset(text)
    if known is None:
        raise ValueError(
            f"expected a character set of docs/names.rst, such as utf-8, gbk, shift_jis or cp1252; found {found(value)}"
        )
    return known


def umask(value: object) -> int:
    """Return permission bits from octal digits in quotes; numbers are refused, because YAML reads 027 as 27."""
    if not isinstance(value, str) or not _UMASK.match(value) or int(value, 8) > 0o777:
        raise ValueError(f'expected octal digits in quotes, such as "027"; found {found(value)}')
    return int(value, 8)


def permissions(value: object) -> Permissions:
    """Return the permissions of a word, or of a list of single permissions."""
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
    """Return an absolute host path; a relative path starts at the directory of the file."""
    return template_path(value, info, "the path of a directory")


def template_path(value: object, info: ValidationInfo, what: str) -> str:
    """Return an absolute host path in which ``{name}`` may stand; see `home`."""
    text = _printable(value, what)
    if text.startswith("~"):
        raise ValueError(f"expected a path without ~, which is not expanded here; found {found(value)}")
    if any(brace != "{name}" for brace in _BRACES.findall(text)):
        raise ValueError(f"expected a path in which {{name}} alone stands in braces, found {found(value)}")
    return os.path.normpath(os.path.join(_folder(info), text))


def password(value: object) -> str:
    """Return a stored password in a known format.  No message shows any part of it."""
    if not isinstance(value, str):
        raise ValueError(f"expected a password as text in quotes, found {kind(value)}")
    problem = valid_format(str(value))
    if problem is not None:
        raise ValueError(problem)
    return str(value)


def password_file(value: object, info: ValidationInfo) -> str:
    """Return the stored password that is the only line of a file."""
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
    """Return the path of a file without looking at it; a relative path starts at the configuration's directory."""
    path = _printable(value, "the path of a file")
    if path.startswith("~"):
        raise ValueError(f"expected a path without ~, which is not expanded here; found {found(value)}")
    return os.path.normpath(os.path.join(_folder(info), path))


def file_path_or_null(value: object, info: ValidationInfo) -> str | None:
    """Return the path of a file, or None."""
    return None if value is None else file_path(value, info)


def command(value: object, info: ValidationInfo) -> tuple[str, ...]:
    """Return a program and its arguments; a relative path of the program starts at the configuration's directory."""
    if not isinstance(value, list) or not value:
        raise ValueError(f"expected a list of a program and its arguments, found {kind(value)}")
    for text in value:
        # Messages do not show arguments, which may be secret.
        if not isinstance(text, str) or "\0" in text:
            raise ValueError(f"expected a list of texts, found {kind(text)} in it")
    program, *arguments = (str(text) for text in value)
    _printable(program, "the path of a program")
    return (file_path(program, info) if "/" in program else program, *arguments)


def command_or_null(value: object, info: ValidationInfo) -> tuple[str, ...] | None:
    """Return a program and its arguments, or None."""
    return None if value is None else command(value, info)


def pam_service(value: object) -> str:
    """Return the name of a PAM service, which is the name of a file."""
    if not isinstance(value, str) or not _FILE_NAME.fullmatch(value) or not value.strip("."):
        raise ValueError(f"expected letters, digits, dots, dashes and underscores, found {found(value)}")
    return str(value)


def tls_version(value: object) -> str:
    """Return ``1.2`` or ``1.3``, also from a value without quotes, which YAML reads as a number."""
    return one_of(str(value) if isinstance(value, float) else value, words=("1.2", "1.3"))


def text(value: object) -> str:
    """Return a text that is not empty; messages do not show it, because descriptions of checkers may hold passwords."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a text, found {kind(value) if value != '' else 'an empty one'}")
    return str(value)


def options(value: object) -> dict[str, object]:
    """Return the keyword arguments of another package's constructor: any mapping that YAML can express."""
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping of keyword arguments, found {kind(value)}")
    return {key: _plain(item) for key, item in value.items()}


def _plain(value: object) -> object:
    """Return a value with plain types only, for the constructor of another package."""
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
    return str(info.context)  # the text from load(), whose type pydantic does not know
