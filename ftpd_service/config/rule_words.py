"""Patterns, rules and places of folders, as the file has them.

Every function takes a value as YAML gave it, and raises ValueError with a text for the operator.
"""

from __future__ import annotations

import re
from collections import Counter

from ftpd_service.config.problems import found
from ftpd_service.policy.path_patterns import problem_of_pattern
from ftpd_service.policy.permissions import WHOLE_TREE
from ftpd_service.values import ROOT
from ftpd_service.wire import paths

_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}\Z")
_MODE = re.compile(r"[0-7]{3,4}\Z")
_OWNER = re.compile(r"[^\s:]+(:[^\s:]+)?\Z|:[^\s:]+\Z")


def pattern(value: object) -> str:
    """Return a pattern of paths."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f'expected a pattern such as "/in/**", found {found(value)}')
    problem = problem_of_pattern(str(value))
    if problem is not None:
        raise ValueError(f'expected a pattern such as "/in/**" or "*.exe", found {found(value)}: {problem}')
    return str(value)


def pattern_list(value: object) -> tuple[str, ...]:
    """Return the patterns of a list."""
    if not isinstance(value, list):
        raise ValueError(f'expected a list of patterns such as ["*.exe"], found {found(value)}')
    return tuple(map(pattern, value))


def rule_id(value: object) -> str:
    """Return the name of a rule."""
    if not isinstance(value, str) or not _ID.match(value) or value in (WHOLE_TREE, "hide", "refuse", "folders"):
        raise ValueError(
            "expected a name that begins with a letter and goes on with letters, digits, dots, hyphens and "
            f"underscores, and is not {WHOLE_TREE}, hide, refuse or folders; found {found(value)}"
        )
    return str(value)


def one_of_allow_and_deny(value: object) -> object:
    """Return the mapping of a rule that has exactly one of these keys."""
    if isinstance(value, dict):
        given = [key for key in ("allow", "deny") if key in value]
        if len(given) != 1:
            raise ValueError(f"expected either allow or deny, found {'both' if given else 'neither'}")
    return value


def with_different_ids(value: object) -> object:
    """Return a list of rules whose names differ."""
    if not isinstance(value, list):
        raise ValueError(f"expected a list of rules, found {found(value)}")
    demand_different_ids(value, "rules have the id {}: give each rule its own")
    return value


def demand_different_ids(entries: list[object], mistake: str) -> None:
    """Refuse a list in which two entries have the same id.

    :param mistake: the text behind "two", with a place for the id.
    """
    ids = Counter(str(one["id"]) for one in entries if isinstance(one, dict) and isinstance(one.get("id"), str))
    twice = [name for name, count in ids.items() if count > 1]
    if twice:
        raise ValueError(f"two {mistake.format(twice[0])}")


def folder_places(value: object) -> object:
    """Return a mapping whose keys are places in the tree of an account."""
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping such as {{/shared: {{path: /srv/shared}}}}, found {found(value)}")
    for place in value:
        text = place if isinstance(place, str) else ""
        if not text.isprintable() or text == ROOT or paths.join(ROOT, text) != text:
            raise ValueError(
                "expected places that begin with a slash, such as /shared, without a slash at the end and without "
                f"empty names, . and ..; found {found(place)}"
            )
    return value


def file_mode(value: object) -> int:
    """Return permission bits from octal digits in quotes; numbers are refused, because YAML reads 0640 as 640."""
    if not isinstance(value, str) or not _MODE.match(value) or int(value, 8) > 0o777:
        raise ValueError(f'expected octal digits in quotes, such as "640"; found {found(value)}')
    return int(value, 8)


def owner(value: object) -> str:
    """Return a user and a group, with a colon between them; either may be absent."""
    if not isinstance(value, str) or not value.isprintable() or not _OWNER.match(value):
        raise ValueError(f'expected user, user:group or :group as text, such as ":customers"; found {found(value)}')
    return str(value)
