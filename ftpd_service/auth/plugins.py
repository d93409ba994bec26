"""The construction of checkers: built-in checkers, strcred plug-ins by description, and others by dotted path.

A checker is made in two steps.  The first step finds it; this may wait for disks and imports modules, so it runs beside
the reactor while the service runs.  The second step calls its constructor on the reactor's thread: the constructor may
connect, set timers, and use all other parts of Twisted, which is not safe on other threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.strcred import ICheckerFactory
from twisted.plugin import getPlugins

from ftpd_service.auth.credentials import SessionCredentials
from ftpd_service.auth.ordered import CheckerEntry
from ftpd_service.auth.settings import AccountsChecker, AuthSettings, CheckerSettings, PythonChecker, StrcredChecker
from ftpd_service.runtime.imported import PluginProblem, explained, imported


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChecker:
    """A checker that can be made."""

    name: str
    """Its name in the log."""
    settings: CheckerSettings
    make: Callable[[], object] | None
    """Calls the constructor; None stands for the checker of the accounts."""


def find_checkers(settings: AuthSettings) -> tuple[FoundChecker, ...]:
    """Import the constructors of all configured checkers, in their order.  The call may wait for disks.

    :raises PluginProblem: for the first checker that is not found.
    """
    return tuple(find_checker(one) for one in settings.checkers)


def find_checker(settings: CheckerSettings) -> FoundChecker:
    """Import the constructor of one checker."""
    if isinstance(settings, AccountsChecker):
        return FoundChecker(name="accounts", settings=settings, make=None)
    if isinstance(settings, StrcredChecker):
        # The text after the colon may contain a password, so the log gets only the type.
        name = f"strcred:{settings.description.partition(':')[0]}"
        return FoundChecker(name=name, settings=settings, make=_from_strcred(settings.description, name))
    name = f"python:{settings.path}"
    return FoundChecker(name=name, settings=settings, make=_from_path(settings, name))


def build_checkers(found: Iterable[FoundChecker], *, accounts: ICredentialsChecker) -> tuple[CheckerEntry, ...]:
    """Make all checkers, on the reactor's thread.

    :param accounts: the checker for the word ``accounts``.
    :raises PluginProblem: for the first checker that cannot be made.
    """
    return tuple(build_checker(one, accounts=accounts) for one in found)


def build_checker(found: FoundChecker, *, accounts: ICredentialsChecker) -> CheckerEntry:
    """Make one checker, on the reactor's thread."""
    settings = found.settings
    return CheckerEntry(
        name=found.name,
        checker=accounts if found.make is None else _usable(found.make(), found.name),
        timeout_seconds=settings.timeout_seconds,
        final=not isinstance(settings, AccountsChecker) and settings.final,
    )


def problems(settings: AuthSettings) -> tuple[str, ...]:
    """Return the problem of each checker that cannot be made; all checkers are made for this test and discarded."""
    found = []
    for one in settings.checkers:
        try:
            checker = find_checker(one)
            if checker.make is not None:
                _usable(checker.make(), checker.name)
        except PluginProblem as problem:
            found.append(str(problem))
    return tuple(found)


def _from_strcred(description: str, name: str) -> Callable[[], object]:
    kind, _, arguments = description.partition(":")
    factories = {factory.authType: factory for factory in getPlugins(ICheckerFactory)}
    if kind not in factories:
        known = ", ".join(sorted(factories))
        raise PluginProblem(f"{name}: no plug-in of this type is installed; installed are {known}")
    if kind == "file" and not os.access(arguments, os.R_OK):
        # Twisted's own plug-in only warns on standard error, and then every login fails.
        raise PluginProblem(f"{name}: the file of passwords is missing or may not be read: {arguments}")
    generate: Callable[[str], object] = factories[kind].generateChecker

    def make() -> object:
        with explained(f"{name}: refuses its arguments", {"arguments": arguments}):
            return generate(arguments)

    return make


def _from_path(settings: PythonChecker, name: str) -> Callable[[], object]:
    made = imported(settings.path)
    if not callable(made):
        raise PluginProblem(f"{name}: is no class or function; name one that makes a checker")
    return partial(_made, made, settings, name)


def _made(constructor: Callable[..., object], settings: PythonChecker, name: str) -> object:
    given = ", ".join(sorted(settings.options)) or "none"
    with explained(f"{name}: cannot be made with the options given ({given})", settings.options):
        return constructor(**settings.options)


def _usable(checker: object, name: str) -> ICredentialsChecker:
    if not ICredentialsChecker.providedBy(checker):
        raise PluginProblem(f"{name}: does not provide twisted.cred.checkers.ICredentialsChecker")
    checked = ICredentialsChecker(checker)
    if not any(interface.implementedBy(SessionCredentials) for interface in checked.credentialInterfaces):
        raise PluginProblem(f"{name}: does not check names with passwords (IUsernamePassword)")
    return checked
