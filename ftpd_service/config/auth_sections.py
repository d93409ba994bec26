"""The declarations of ``auth``: the checkers that decide logins.

An entry of `auth.checkers` has exactly one key that names its kind, and keys that every entry may have.  A kind is a
key of `CheckerSection`, with a section of its own unless a text says everything, and the record of its settings in
`KINDS`; the settings of both sections go into that record.  A word of `KINDS` may stand alone.  A key that is no kind
of ours is looked for among the checkers of installed packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, ValidatorFunctionWrapHandler, WrapValidator

from ftpd_service.auth.settings import (
    AccountsChecker,
    CheckerSettings,
    DatabaseChecker,
    HttpChecker,
    InstalledChecker,
    LdapChecker,
    PamChecker,
    ProgramChecker,
    PythonChecker,
    StrcredChecker,
)
from ftpd_service.auth.strangers import installed
from ftpd_service.config import forms, units, words
from ftpd_service.config.checker_sections import HttpSection, LdapSection
from ftpd_service.config.forms import Form, either
from ftpd_service.config.plugged_kinds import PluggedKinds
from ftpd_service.config.problems import found
from ftpd_service.config.section import Section, absent, key, required, some

KINDS: Mapping[str, type[CheckerSettings]] = {
    record.kind: record
    for record in (
        AccountsChecker,
        DatabaseChecker,
        StrcredChecker,
        PythonChecker,
        ProgramChecker,
        PamChecker,
        LdapChecker,
        HttpChecker,
    )
}
"""The kinds of checkers by their keys, with the records of their settings."""


class WordSection(Section):
    """A kind without settings of its own."""


class BreakerSection(Section):
    """The circuit breaker of a checker."""

    failures: forms.Count = key(
        5, "The number of errors and timeouts in a row after which it is not asked.", to="breaker.failures"
    )
    retry: forms.Duration = key(
        "30s", "The time until one login asks it again; an answer ends the pause.", to="breaker.retry_seconds"
    )


class ProgramSection(Section):
    """The keys of the kind `program`."""

    command: forms.Command = required(
        "The program and its arguments. A name without a slash is looked for in the service's PATH; no shell is used. "
        "Its working directory is ``/``, and it gets PATH and the variables of the language from the environment.",
        to="command",
        example="[/usr/lib/acme/check]",
    )
    processes: forms.Count = key(2, "The most processes of the program, each with one login at a time.", to="processes")
    persistent: forms.Boolean = key(
        True,
        "Whether a process answers one login after another. If false, each login starts a process, which gets one "
        "request and then the end of its input.",
        to="persistent",
    )


class PamSection(Section):
    """The keys of the kind `pam`."""

    service: forms.PamService = key("ftpd", "The service's name: its stack is ``/etc/pam.d/NAME``.", to="service")
    processes: forms.Count = key(4, "The most processes, each with one login at a time.", to="processes")
    command: forms.OwnCommand = key(
        None,
        "A program that asks PAM instead of our own, such as a client of a service that may read the shadow file. It "
        "speaks the protocol of ``program``. Absent or null: our own, which needs "
        '``pip install "ftpd-service[pam]"``.',
        to="command",
        example="[/usr/lib/acme/ask-pam]",
    )


class CheckerSection(Section):
    """One entry of `auth.checkers`."""

    kinds = tuple(KINDS)
    open_ended = True

    accounts: Annotated[WordSection | None, BeforeValidator(absent)] = key(
        None, "The accounts of this file. The word ``accounts`` alone will do, and so for each kind without settings."
    )
    database: Annotated[WordSection | None, BeforeValidator(absent)] = key(
        None, "The accounts of the database that ``database`` names. The word ``database`` alone will do."
    )
    strcred: Annotated[str | None, forms.text(), Form("type:arguments", {"type": "string"}, told=None)] = key(
        None,
        "An installed ``twisted.cred.strcred`` plug-in, such as ``file:/etc/ftpd/passwd``.",
        to="description",
        example='"file:/etc/ftpd/passwd"',
    )
    python: Annotated[str | None, forms.text(), Form("package.module:Name", {"type": "string"}, told=None)] = key(
        None,
        "An importable ``ICredentialsChecker``, such as ``acme.directory:DirectoryChecker``.",
        to="path",
        example='"acme.directory:DirectoryChecker"',
    )
    options: Annotated[dict[str, object] | None, PlainValidator(words.options), forms.OPTIONS] = key(
        None,
        "Only with ``python``: the constructor's keyword arguments.",
        to="options",
        example='{url: "ldaps://dir.example.net"}',
    )
    timeout: forms.Duration = key(
        "10s", "The checker's time for an answer; after it the login fails temporarily (421).", to="timeout_seconds"
    )
    final: forms.Boolean = key(
        False, "Whether the checker's refusal ends the search; otherwise the next checker is asked.", to="final"
    )

    verified_for: Annotated[float | None, PlainValidator(units.duration_or_zero), forms.DURATION_OR_ZERO] = key(
        None,
        "For this time, a login that the checker accepted is accepted again without asking it: the same name and "
        "password from the same address, with TLS if it had TLS. A refusal of the name ends this, and so does a "
        "reload. Absent: ``auth.verified_for``, but 0 for ``strcred``, ``python`` and checkers of other packages.",
        to="verified_seconds",
        example="5m",
    )
    breaker: Annotated[BreakerSection, BeforeValidator(absent)] = key(
        {}, "A checker that fails again and again is not asked for a while; logins that need it get 421 at once."
    )

    program: ProgramSection | None = key(
        None, "A program that checks names and passwords. It speaks JSON, a line each way: docs/checkers.rst."
    )
    pam: Annotated[PamSection | None, BeforeValidator(absent)] = key(
        None, "The PAM of this host, asked in processes of their own: docs/checkers.rst."
    )

    ldap: LdapSection | None = key(
        None,
        "An LDAP server, to which the name and the password log in: docs/ldap.rst. It needs "
        '``pip install "ftpd-service[ldap]"``.',
    )

    http: HttpSection | None = key(
        None, "A web service to which names and passwords are posted as JSON: docs/http.rst."
    )

    def settings_record(self) -> type[CheckerSettings]:
        """Return the record that takes the settings of the entry."""
        return next(record for kind, record in KINDS.items() if getattr(self, kind) is not None)


class InstalledCheckerSection(CheckerSection):
    """An entry whose kind is a checker of another package that is installed."""

    name: str = key("", "The name of its entry point.", to="name")
    given: dict[str, Any] = key({}, "The constructor's keyword arguments.", to="options")  # Any: as its author declares

    def settings_record(self) -> type[CheckerSettings]:
        """Return the record for every checker of another package."""
        return InstalledChecker


CHECKER_WORDS = tuple(kind for kind in KINDS if CheckerSection.model_fields[kind].annotation == WordSection | None)
"""The kinds whose words may stand alone."""


CHECKER_KINDS = PluggedKinds(section=CheckerSection, own=KINDS, installed=installed)
"""The kinds of checkers, also those of installed packages."""


def _entry(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Return the section of an entry, which may be a word, or name a checker of an installed package."""
    if not isinstance(value, dict):
        return handler({_word(value): {}})
    return CHECKER_KINDS.section_of(value, handler, InstalledCheckerSection)


def _word(value: object) -> str:
    if not isinstance(value, str) or value not in CHECKER_WORDS:
        raise ValueError(f"expected {either((*CHECKER_WORDS, 'a mapping such as strcred: ...'))}, found {found(value)}")
    return value


class AuthSection(Section):
    """The checkers that decide logins."""

    checkers: Annotated[
        list[Annotated[CheckerSection, WrapValidator(_entry)]],
        BeforeValidator(some),
        Form("list of checkers", {"items": {"enum": list(CHECKER_WORDS)}}, told=None),
    ] = key(
        ["accounts"],
        "The checkers, in the order in which the server asks them. Each entry has one key for its kind; ``twistd ftpd "
        "--help-checkers`` lists the kinds, also those of other installed packages.",
        to="auth.checkers",
    )
    verified_for: forms.DurationOrZero = key(
        "5m",
        "For this time, a login that a checker accepted is not checked again, and a correct password of an account is "
        "not hashed again; 0 checks each time. Each checker may have its own ``verified_for``.",
        to="auth.verified_seconds",
    )
