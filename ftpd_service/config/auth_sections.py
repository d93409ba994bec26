"""The declarations of ``auth``: the checkers that decide logins."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from ftpd_service.config import forms
from ftpd_service.config.forms import Form
from ftpd_service.config.problems import found
from ftpd_service.config.section import Section, key, some


class CheckerSection(Section):
    """One entry of `auth.checkers`.  An entry without `strcred` and `python` is the word `accounts`."""

    strcred: Annotated[str | None, forms.text(), Form("type:arguments", {"type": "string"}, told=None)] = key(
        None, "An installed ``twisted.cred.strcred`` plug-in, such as ``file:/etc/ftpd/passwd``.", to="description"
    )
    python: Annotated[str | None, forms.text(), Form("package.module:Name", {"type": "string"}, told=None)] = key(
        None, "An importable ``ICredentialsChecker``, such as ``acme.directory:DirectoryChecker``.", to="path"
    )
    options: forms.Options = key({}, "Only with ``python``: the constructor's keyword arguments.", to="options")
    timeout: forms.Duration = key(
        "10s", "The checker's time for an answer; after it the login fails temporarily (421).", to="timeout_seconds"
    )
    final: forms.Boolean = key(
        False, "Whether the checker's refusal ends the search; otherwise the next checker is asked.", to="final"
    )


def _checker(value: object) -> object:
    if isinstance(value, dict):
        return value
    if value == "accounts":
        return CheckerSection.model_construct(strcred=None, python=None, options={}, timeout=10.0, final=False)
    if value in ("database", "pam"):
        raise ValueError(f"{value}: not available in this version")
    raise ValueError(f'expected accounts, strcred: "..." or python: "...", found {found(value)}')


class AuthSection(Section):
    """The checkers that decide logins."""

    checkers: Annotated[
        list[Annotated[CheckerSection, BeforeValidator(_checker)]],
        BeforeValidator(some),
        Form("list of checkers", told=None),
    ] = key(
        ["accounts"],
        "The checkers, in the order in which the server asks them. ``accounts`` stands for the accounts of this file.",
        to="auth.checkers",
        example='[accounts, {strcred: "file:/etc/ftpd/passwd", timeout: 10s, final: false}, '
        '{python: "acme.directory:DirectoryChecker", options: {url: "ldaps://dir.example.net"}}]',
    )
    verified_for: forms.DurationOrZero = key(
        "5m",
        "For this time, a correct password of an account of this file is not hashed again; 0 hashes it each time.",
        to="auth.verified_seconds",
    )
