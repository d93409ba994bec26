"""The values of ``hooks``, as the file writes them.

Every function takes a value as YAML gave it, and raises ValueError with a text for the operator.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TypeVar

from ftpd_service.config.forms import either
from ftpd_service.config.networks import network
from ftpd_service.config.problems import found
from ftpd_service.config.rule_words import demand_different_ids, pattern
from ftpd_service.hook_events import HookTrigger
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import Networks

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}\Z")

_GRADES = (UploadGrade.PROVED, UploadGrade.LIKELY, UploadGrade.DOUBTFUL)


def hook_id(value: object) -> str:
    """Return the id of a rule, a stage or a middleware, which stands in the log, in metrics and in the outbox."""
    if not isinstance(value, str) or not _ID.match(value):
        raise ValueError(
            "expected a name of at most 64 letters, digits, dots, hyphens and underscores that begins with a letter; "
            f"found {found(value)}"
        )
    return str(value)


def _one_or_more(value: object, read: Callable[[object], T]) -> tuple[T, ...]:
    """Return the values of a list, or a single value."""
    if value == []:
        raise ValueError("expected at least one entry, found an empty list")
    return tuple(map(read, value if isinstance(value, list) else [value]))


def triggers(value: object) -> frozenset[HookTrigger]:
    """Return the events of a rule, from one word or a list."""
    return frozenset(_one_or_more(value, partial(_member, among=tuple(HookTrigger))))


def grades(value: object) -> tuple[UploadGrade, ...]:
    """Return grades of uploads, from one word or a list."""
    return _one_or_more(value, partial(_member, among=_GRADES))


def _member(value: object, *, among: tuple[E, ...]) -> E:
    """Return the member of an enumeration that a word names."""
    members = {member.value: member for member in among}
    if not isinstance(value, str) or value not in members:
        raise ValueError(f"expected {either(tuple(members))}, or a list of them; found {found(value)}")
    return members[value]


def texts(value: object) -> tuple[str, ...]:
    """Return texts, from one text or a list."""
    return _one_or_more(value, _text)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"expected a text or a list of texts, found {found(value)}")
    return str(value)


def patterns(value: object) -> tuple[str, ...]:
    """Return patterns of paths, from one pattern or a list."""
    return _one_or_more(value, pattern)


def client_networks(value: object) -> Networks:
    """Return networks of clients, from one network or a list; an empty list would be met by no client."""
    return _one_or_more(value, network)


def with_own_ids(value: object) -> object:
    """Return a list whose entries have different ids."""
    if not isinstance(value, list):
        raise ValueError(f"expected a list, found {found(value)}")
    demand_different_ids(value, "entries have the id {}: give each its own")
    return value
