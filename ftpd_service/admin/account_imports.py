"""Files of accounts from elsewhere: passwd and shadow files, pure-pw's text, and JSON."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from ftpd_service.admin.account_options import check_settings
from ftpd_service.auth.passwords import valid_format
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.yaml_text import parse

FORMATS = ("passwd", "shadow", "puredb", "json")

Found = dict[str, Any]  # Any: the fields of a NewAccount by name

_LOCKED = ("!", "*")
_ELSEWHERE = ("x", "")
_PUREDB_FIELDS = 18
_NO_LOGIN = ("/nologin", "/false")


class _Wrong(Exception):
    """A line is wrong; the text does not show it, as it may contain a password."""


def read_accounts(path: str, form: str, *, shadow: str | None, config: str) -> list[Found]:
    """Return the accounts of a file.

    :param form: one of `FORMATS`.
    :param shadow: with passwd, the path of the file with the hashes.
    :raises click.ClickException: a line is wrong; the text names the file, the line and the mistake.
    """
    hashes = {} if shadow is None else {one["name"]: one for _, one in _lines(shadow, _from_shadow)}
    found = _json(path) if form == "json" else _lines(path, _READERS[form])
    accounts: dict[str, Found] = {}
    for line, one in found:
        if one["name"] in hashes:
            known = hashes[one["name"]]
            one |= {"password": known["password"], "enabled": known["enabled"]}
        problem = _problem(one, config)
        if one["name"] in accounts:
            problem = f"{one['name']!r} stands twice"
        if problem is not None:
            raise click.ClickException(f"{path}: line {line}: {problem}")
        accounts[one["name"]] = one
    return list(accounts.values())


def _problem(one: Found, config: str) -> str | None:
    name, password = one["name"], one["password"]
    if not isinstance(name, str) or not name or not name.isprintable():
        return "the name of the account is empty, or has control characters"
    wrong = None if password is None else valid_format(password)
    if wrong is not None:
        return f"{name}: {wrong}"
    try:
        check_settings(one["settings"] or {}, config)
    except click.ClickException as problem:
        return f"{name}: {problem.message}"
    return None


def _lines(path: str, read: Callable[[list[str]], Found]) -> Iterator[tuple[int, Found]]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            yield number, read(line.split(":"))
        except _Wrong as problem:
            raise click.ClickException(f"{path}: line {number}: {problem}") from problem


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise click.ClickException(f"{path}: line {line}: is not UTF-8") from problem
    except OSError as problem:
        raise click.ClickException(f"{path}: {problem.strerror}") from problem


def _account(name: str, password: str | None, settings: Mapping[str, object] | None, *, enabled: bool = True) -> Found:
    return {"name": name, "password": password, "group": None, "settings": settings, "enabled": enabled}


def _from_passwd(fields: list[str]) -> Found:
    """Read a line of passwd(5)."""
    if len(fields) != 7:
        raise _Wrong(f"expected 7 fields with colons between them, found {len(fields)}")
    name, stored, _, _, _, home, shell = fields
    locked = stored.startswith(_LOCKED) or shell.endswith(_NO_LOGIN)
    password = None if stored in _ELSEWHERE or stored.startswith(_LOCKED) else stored
    return _account(name, password, {"home": home, "permissions": "all"}, enabled=not locked)


def _from_shadow(fields: list[str]) -> Found:
    """Read a line of shadow(5)."""
    if len(fields) != 9:
        raise _Wrong(f"expected 9 fields with colons between them, found {len(fields)}")
    name, stored = fields[:2]
    password = stored.lstrip("!") or None
    if password is not None and password.startswith("*"):
        password = None
    return _account(name, password, None, enabled=not stored.startswith("!") and stored != "*")


def _from_puredb(fields: list[str]) -> Found:
    """Read a line of pure-pw's file: see pureftpd.passwd in the manual of pure-pw."""
    if len(fields) < 6:
        raise _Wrong(f"expected {_PUREDB_FIELDS} fields with colons between them, found {len(fields)}")
    fields = [*fields, *[""] * (_PUREDB_FIELDS - len(fields))]
    name, stored, _, _, _, home = fields[:6]
    settings: dict[str, Any] = {"home": os.path.normpath(home), "permissions": "all"}  # Any: values of any key
    limits = {"upload": fields[6], "download": fields[7]}
    rates: dict[str, object] = {key: f"{_number(value)}B/s" for key, value in limits.items() if _number(value)}
    if _number(fields[10]):
        rates["sessions"] = _number(fields[10])
    quota = {"files": _number(fields[11]), "bytes": _number(fields[12])}
    if rates:
        settings["limits"] = rates
    if any(quota.values()):
        settings["quota"] = {key: value for key, value in quota.items() if value}
    for number, what in ((13, "local addresses"), (14, "refused local addresses"), (16, "refused client addresses")):
        if fields[number]:
            raise _Wrong(f"{what} have no counterpart here: remove them, or import the account by hand")
    if fields[15]:
        settings["networks"] = [one.strip() for one in fields[15].split(",")]
    if fields[17] and fields[17] != "0000-2400":
        settings["hours"] = _hours(fields[17])
    return _account(name, stored or None, settings)


def _number(text: str) -> int:
    if not text:
        return 0
    if not text.isdigit():
        raise _Wrong("expected a number in the fields for limits and quotas")
    return int(text)


def _hours(text: str) -> str:
    """Return pure-pw's restriction of the time, such as 0900-1800, as `hours`."""
    start, _, end = text.partition("-")
    if not (len(start) == len(end) == 4 and start.isdigit() and end.isdigit()):
        raise _Wrong("expected the time as 0900-1800")
    return f"mon-sun {start[:2]}:{start[2:]}-{end[:2]}:{end[2:]}"


def _json(path: str) -> Iterator[tuple[int, Found]]:
    """Read a list of accounts, or a mapping of names; JSON is read as YAML, so that each value has its line."""
    try:
        document = parse(_text(path).encode())
    except ConfigError as problem:
        raise click.ClickException(f"{path}: {'; '.join(problem.lines())}") from problem
    if document.problems:
        first = document.problems[0]
        raise click.ClickException(f"{path}: line {first.line}: {first.path}: {first.text}")
    values = document.values
    entries: list[tuple[tuple[str | int, ...], object]]
    if isinstance(values, dict):
        entries = [((name,), {"name": name, **one} if isinstance(one, dict) else one) for name, one in values.items()]
    elif isinstance(values, list):
        entries = [((number,), one) for number, one in enumerate(values)]
    else:
        raise click.ClickException(f"{path}: line 1: expected a list of accounts, or a mapping of names to accounts")
    for place, one in entries:
        line = document.line(place)
        if not isinstance(one, dict) or "name" not in one:
            raise click.ClickException(f"{path}: line {line}: expected an account with a name")
        yield line, _from_json(one)


_OUR_KEYS = frozenset({"name", "password", "group", "enabled", "settings", "has_password", "created", "changed"})


def _from_json(one: Mapping[str, Any]) -> Found:  # Any: values of any key
    """Return an account in either form: keys of the configuration, or what ``account list --json`` prints."""
    listed = "settings" in one
    settings = one["settings"] or {} if listed else {key: value for key, value in one.items() if key not in _OUR_KEYS}
    return {
        "name": one["name"],
        "password": one.get("password"),
        "group": one.get("group"),
        "settings": settings,
        "enabled": one.get("enabled", True) is True,
    }


_READERS: Mapping[str, Callable[[list[str]], Found]] = {
    "passwd": _from_passwd,
    "shadow": _from_shadow,
    "puredb": _from_puredb,
}
