"""The generator of etc/ftpd.yaml: ``python -m ftpd_service.config.example``.

Each key stands with its default below a comment with its description.  A ``#`` without a space after it hides an
example.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator

from ftpd_service.config.keys import Key, keys_of
from ftpd_service.config.section import Section
from ftpd_service.config.sections import FileSections

_WIDTH = 110

_INTRODUCTION = """\
# The configuration of ftpd-service: every key with its default.  `make docs` generates this file, and
# docs/configuration.rst explains the rules.
#
#   ftpd-service -c ftpd.yaml serve        serve in the foreground
#   ftpd-service -c ftpd.yaml check        report every mistake with its line, open no port
#
# A # without a space after it hides an example: remove the # to use the example.  All other values are the defaults.
# Durations are 30s, 5m, 2h, 1d, or a number of seconds.  Relative paths are relative to this file.  ${NAME} in a value
# stands for an environment variable (${NAME:-default}; write a literal ${ as $${).
#
# Until you add accounts, no client can log in.
"""

_BRIEF_ENTRIES = {
    "accounts": {
        "bob": {"password_file": "bob.hash"},
        "anonymous": {"password": "any", "home": "/srv/ftp/pub", "permissions": "read"},
    },
}
"""The entries that show only some keys.  A key that the first entry cannot have beside its other keys stands here."""
_FURTHER_ENTRIES = {"listeners": ({"endpoint": '"haproxy:tcp:2122"', "proxies": "[10.0.0.5]"},)}
"""The same for lists, as YAML."""
_FURTHER_KINDS = {"ldap": '{url: "ldap://localhost", bind: "uid={name},ou=people,dc=example,dc=net"}'}
"""The same for the entries of a list that have kinds."""
_FIRST_ENTRY = {"accounts": "alice", "names": "other.example.net"}
"""The names of the entries that show the keys with their comments."""
_NEEDS_A_VALUE = frozenset({"tls"})
"""The sections whose defaults alone are a mistake: ``tls`` needs a certificate."""
_ALONE = frozenset({("AccountSection", "password_file"), ("ListenerSection", "proxies"), ("LdapSection", "bind")})
"""The sections and keys that only such entries show."""


def example() -> str:
    """Return the whole file."""
    return "\n".join((_INTRODUCTION, *_keys(FileSections, "", hidden=False))) + "\n"


def _keys(section: type[Section], indent: str, *, hidden: bool) -> Iterator[str]:
    for key in keys_of(section):
        if (section.__name__, key.path) in _ALONE:
            continue
        yield from _comment(key.description, f"{indent}# ")
        yield from _key(key, indent, hidden=hidden)
        if not indent:
            yield ""


def _comment(description: str, mark: str) -> list[str]:
    text = description.replace("``", "`")
    return textwrap.wrap(text, _WIDTH, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False)


def _key(key: Key, indent: str, *, hidden: bool) -> Iterator[str]:
    mark, below = "#" if hidden else "", f"{indent}  "
    if key.inside is None or key.example:
        yield from _value(key, indent, mark)
    elif not key.many:
        # A section without a default is an example as a whole.
        hidden = hidden or key.default is None
        yield f"{indent}{'#' if hidden else ''}{key.path}:"
        yield from _keys(key.inside, below, hidden=hidden or key.path in _NEEDS_A_VALUE)
    elif key.inside.kinds:
        yield f"{indent}{key.path}: {_yaml(key.default)}"
        yield f"{indent}#{key.path}:"
        yield from _kinds(key.inside, below)
    elif isinstance(key.default, list):
        yield f"{indent}{mark}{key.path}:"
        first, *rest = _keys(key.inside, f"{indent}    ", hidden=hidden)
        yield from (f"{indent}  -", first, *rest)
        for entry in _FURTHER_ENTRIES.get(key.path, ()):
            (name, value), *others = entry.items()
            yield f"{indent}  #- {name}: {value}"
            yield from (f"{indent}    #{one}: {value}" for one, value in others)
    else:
        yield f"{indent}{mark}{key.path}:"
        yield f"{below}#{_FIRST_ENTRY[key.path]}:"
        yield from _keys(key.inside, f"{below}  ", hidden=True)
        for name, values in _BRIEF_ENTRIES.get(key.path, {}).items():
            yield f"{below}#{name}:"
            yield from (f"{below}  #{one}: {value}" for one, value in values.items())


def _kinds(section: type[Section], indent: str) -> Iterator[str]:
    """Yield an example of each kind of entry; the keys of all kinds stand in the entry before them."""
    for key in keys_of(section):
        inner = f"{indent}  "
        if key.path not in section.kinds:
            yield from (*_comment(key.description, f"{inner}# "), *_key(key, inner, hidden=True))
            continue
        yield from _comment(key.description, f"{indent}# ")
        keys = [] if key.inside is None else list(_keys(key.inside, f"{inner}  ", hidden=True))
        yield f"{indent}#- {key.path}:{'' if keys else f' {key.example or {}}'}"
        yield from keys
        if key.path in _FURTHER_KINDS:
            yield f"{indent}#- {key.path}: {_FURTHER_KINDS[key.path]}"


def _value(key: Key, indent: str, mark: str) -> Iterator[str]:
    """Yield the default, and the example if there is one."""
    if key.default is not None:
        yield f"{indent}{mark}{key.path}: {_yaml(key.default)}"
    if key.example and not (mark and key.default is not None):
        yield f"{indent}#{key.path}: {key.example}"


def _yaml(value: object) -> str:
    """Return a default as YAML; a text is in quotes unless it is a plain word."""
    if isinstance(value, str):
        return value if re.fullmatch(r"[a-z0-9]*[a-z][a-z0-9-]*", value) else json.dumps(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    return json.dumps(value)


if __name__ == "__main__":
    sys.stdout.write(example())
