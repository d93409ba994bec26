"""The options that give settings to an account or a group of the database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, Protocol, TypeVar

import click

from ftpd_service.account import AccountSettings
from ftpd_service.config.account_text import read_account
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.yaml_text import parse


class Read(Protocol):
    """`read_account` or `read_group`."""

    def __call__(self, values: Mapping[str, object], /, *, folder: str) -> AccountSettings:
        """Return settings, or raise ValueError."""


F = TypeVar("F", bound=Callable[..., object])

Settings = dict[str, Any]  # Any: keys and values as the configuration file has them

_OPTIONS = (
    click.option(
        "--home",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="The directory that the account sees as /; {name} is its name.",
    ),
    click.option(
        "--permissions", metavar="P", help="read, write, all, none, or single permissions with commas between them."
    ),
    click.option("--quota-bytes", metavar="SIZE", help="The most that it may store, such as 10GiB."),
    click.option("--quota-files", metavar="N", type=click.IntRange(min=1), help="The most files that it may store."),
    click.option(
        "--set",
        "values",
        metavar="KEY=VALUE",
        multiple=True,
        help="Any other key of an account, as in the configuration file: limits.sessions=4, or tls=required.",
    ),
    click.option("--unset", "unset", metavar="KEY", multiple=True, help="Take a key away, such as quota.files."),
)
_PLACES = {"home": "home", "permissions": "permissions", "quota_bytes": "quota.bytes", "quota_files": "quota.files"}


def settings_options(command: F) -> F:
    """Add the options that `changed` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def changed(
    settings: Mapping[str, object],
    given: Mapping[str, Any],  # Any: click's values
    config: str,
    *,
    read: Read = read_account,
) -> Settings:
    """Return settings after the changes that the options ask for, in the form of the configuration file.

    :param given: the values of the options, by their names.
    :param config: the path of the configuration file, whose directory relative paths are relative to.
    :param read: reads settings as the server will.
    :raises click.ClickException: a value is wrong.
    """
    after: Settings = deepcopy(dict(settings))
    for key in given["unset"]:
        _put(after, key, None)
    for option, key in _PLACES.items():
        if given[option] is not None:
            _put(after, key, _value(option, given[option]))
    for text in given["values"]:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.ClickException(f"--set {text}: expected KEY=VALUE")
        _put(after, key, _yaml(key, value))
    check_settings(after, config, read=read)
    return after


def check_settings(settings: Mapping[str, object], config: str, *, read: Read = read_account) -> AccountSettings:
    """Return settings as the server will read them.

    :raises click.ClickException: a key or a value is wrong.
    """
    try:
        return read(settings, folder=os.path.dirname(os.path.abspath(config)))
    except ValueError as problem:
        raise click.ClickException(str(problem)) from problem


def _value(option: str, value: Any) -> object:  # Any: click's value
    if option == "home":
        return os.path.abspath(value)
    if option == "permissions" and "," in value:
        return [word.strip() for word in value.split(",")]
    return value


def _yaml(key: str, text: str) -> object:
    try:
        document = parse(text.encode())
    except ConfigError as problem:
        raise click.ClickException(f"--set {key}: {'; '.join(problem.lines())}") from problem
    if document.problems:
        raise click.ClickException(f"--set {key}: {document.problems[0].text}")
    return document.values


def _put(settings: Settings, key: str, value: object) -> None:
    """Set a key at a path with dots, or take it away; a section that is empty then goes too."""
    above, _, name = key.rpartition(".")
    section = settings
    for part in above.split(".") if above else ():
        inner = section.setdefault(part, {})
        if not isinstance(inner, dict):
            raise click.ClickException(f"{key}: {part} is no section")
        section = inner
    if value is None:
        section.pop(name, None)
    else:
        section[name] = value
    if above and not section:
        _put(settings, above, None)


def lines_of(values: Mapping[str, object], indent: str = "") -> Iterable[str]:
    """Yield settings as lines for a reader."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from lines_of(value, indent + "  ")
        else:
            yield f"{indent}{key}: {value}"
