"""The conversation of one login with an LDAP server: find the entry, its groups, and log in as it.

A name of the directory may be typed in several ways (``Alice``, ``alice``), and only one of them names the account: the
value of an attribute of the entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ftpd_service.auth.directory.dn_text import fill_dn
from ftpd_service.auth.directory.filter_text import AnyOf, Comparison, HasAttribute, NamedValue, SearchFilter
from ftpd_service.auth.directory.ldap_connection import SUCCESS, DirectoryConnection, told
from ftpd_service.auth.directory.ldap_messages import FoundEntry, LdapResult, Search
from ftpd_service.errors import LoginUnavailable

NO_SUCH_OBJECT = 32
SIZE_LIMIT_EXCEEDED = 4
REFUSING_RESULTS = frozenset({NO_SUCH_OBJECT, 19, 34, 48, 49, 50, 53})
"""The results of a login that are an answer about the password or the account (RFC 4511 appendix A).

49: a wrong password or an unknown name; 32, 34, 48: no entry, or none with a password; 19, 50, 53: locked.
"""
_UNMISTAKABLE = re.compile(r"[!-@\[-`a-~]+")
"""Names that can be typed in one way only: ASCII in lower case, without spaces."""
_ANY = HasAttribute("objectClass")


class NotFoundThere(Exception):
    """The directory has no entry for the name."""


class WrongThere(Exception):
    """The directory has refused the password, or the entry cannot log in; the text is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLogin:
    """The login of the service itself, by which entries are searched; an empty DN means none."""

    dn: bytes = b""
    password: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The questions that the directory is asked about each name."""

    name: str
    """The attribute whose value is the account's name."""
    bind: str = ""
    """The template of the DN; empty if the entry is searched."""
    base: str = ""
    wanted: SearchFilter = _ANY
    service: ServiceLogin = ServiceLogin()
    groups: tuple[tuple[str, str], ...] = ()
    """The DNs of groups of the directory, and the account's group for their members."""
    attributes: Mapping[str, str]
    """The attributes of the entry by the account's settings that they supply."""
    seconds: int = 0
    """The time in which the server gives up a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The entry that has logged in."""

    name: str
    """The account's name."""
    settings: Mapping[str, object]
    """The settings of the account that the directory knows, by the keys of the configuration."""


async def logged_in(connection: DirectoryConnection, asked: Questions, name: str, password: bytes) -> Person:
    """Return the person who has this name and this password.

    :param password: not empty.
    :raises NotFoundThere: the directory has no such entry, or, without a search, refuses name and password.
    :raises WrongThere: the password is wrong, or the entry cannot log in.
    :raises LoginUnavailable: the server does not answer, or refuses the service.
    """
    if asked.bind:
        return await _by_template(connection, asked, name, password)
    entry = await _searched(connection, asked, name)
    # The service may read more than the person, so its questions come first.
    person = await _person(connection, asked, entry, typed=name)
    outcome = await connection.bind(entry.dn, password)
    if outcome.code != SUCCESS:
        _require_answer(outcome)
        raise WrongThere(told(outcome))
    return person


async def _by_template(connection: DirectoryConnection, asked: Questions, name: str, password: bytes) -> Person:
    dn = fill_dn(asked.bind, name)
    outcome = await connection.bind(dn, password)
    if outcome.code != SUCCESS:
        _require_answer(outcome)
        raise NotFoundThere(told(outcome))
    search = Search(base=dn, below=False, wanted=_ANY, attributes=_wanted(asked), seconds=asked.seconds)
    outcome, entries = await connection.search(search)
    entry = entries[0] if outcome.code == SUCCESS and len(entries) == 1 else FoundEntry(dn=dn)
    return await _person(connection, asked, entry, typed=name)


async def _searched(connection: DirectoryConnection, asked: Questions, name: str) -> FoundEntry:
    """Return the only entry that a search finds."""
    if asked.service.dn:
        outcome = await connection.bind(asked.service.dn, asked.service.password)
        if outcome.code != SUCCESS:
            raise LoginUnavailable(f"the server refuses search.bind_dn: {told(outcome)}")
    outcome, entries = await connection.search(
        Search(
            base=asked.base.encode("utf-8"),
            below=True,
            wanted=asked.wanted,
            name=name.encode("utf-8"),
            attributes=_wanted(asked),
            most=2,
            seconds=asked.seconds,
        )
    )
    if len(entries) > 1 or outcome.code == SIZE_LIMIT_EXCEEDED:
        raise WrongThere("search.filter finds more than one entry")
    if outcome.code != SUCCESS:
        raise LoginUnavailable(f"the search fails: {told(outcome)}")
    # A login with an empty DN would be anonymous, and a success (RFC 4513 section 5.1.2).
    if not entries or not entries[0].dn:
        raise NotFoundThere("search.filter finds no entry")
    return entries[0]


async def _group(connection: DirectoryConnection, asked: Questions, dn: bytes, name: str) -> str | None:
    """Return the account's group for the first group of the directory that has the entry as a member."""
    is_dn, is_name = NamedValue((dn,)), NamedValue((name.encode("utf-8"),))
    member = (Comparison("member", "=", is_dn), Comparison("uniqueMember", "=", is_dn))
    wanted = AnyOf((*member, Comparison("memberUid", "=", is_name)))
    for base, group in asked.groups:
        outcome, entries = await connection.search(Search(base=base.encode("utf-8"), below=False, wanted=wanted))
        if outcome.code not in (SUCCESS, NO_SUCH_OBJECT):
            raise LoginUnavailable(f"the group {base!r} cannot be read: {told(outcome)}")
        if entries:
            return group
    return None


def _require_answer(outcome: LdapResult) -> None:
    if outcome.code not in REFUSING_RESULTS:
        raise LoginUnavailable(f"the login fails: {told(outcome)}")


def _wanted(asked: Questions) -> list[str]:
    return sorted({asked.name, *asked.attributes.values()})


async def _person(connection: DirectoryConnection, asked: Questions, entry: FoundEntry, *, typed: str) -> Person:
    name = _name(asked, entry, typed)
    settings = dict(_settings(asked, entry))
    group = await _group(connection, asked, entry.dn, name)
    return Person(name=name, settings=settings if group is None else {**settings, "group": group})


def _name(asked: Questions, entry: FoundEntry, typed: str) -> str:
    names = [_text(value) for value in entry.attributes.get(asked.name.lower(), ())]
    same = [name for name in names if name == typed] or [name for name in names if name.lower() == typed.lower()]
    if same or len(names) == 1:
        return (same or names)[0]
    if not names and _UNMISTAKABLE.fullmatch(typed):
        return typed
    if names:
        raise WrongThere(f"no value of {asked.name} of the entry is the name that was typed")
    raise WrongThere(f"the entry shows no {asked.name}, so its name must be typed in lower case and without spaces")


def _settings(asked: Questions, entry: FoundEntry) -> Iterator[tuple[str, object]]:
    for key, attribute in asked.attributes.items():
        values = [_text(value) for value in entry.attributes.get(attribute.lower(), ())]
        if values:
            yield key, values[0] if len(values) == 1 else values


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise LoginUnavailable("an attribute of the entry is no text") from None
