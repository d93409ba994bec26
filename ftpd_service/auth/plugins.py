"""Checkers from their settings: our own, strcred plug-ins by description, any other by its dotted path.

A checker is made in two steps.  To find it waits for disks and imports modules, so this runs beside the reactor while
the service runs.  Its constructor is called on the reactor's thread: it may connect, set timers, and use all else of
Twisted, which is not safe on other threads.
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
    """What the log calls it."""
    settings: CheckerSettings
    make: Callable[[], object] | None
    """Calls its constructor; None: it is the checker of the accounts."""


def find_checkers(settings: AuthSettings) -> tuple[FoundChecker, ...]:
    """Import what the checkers of the configuration are made by, in their order; waits for disks.

    :raises PluginProblem: for the first checker that is not there.
    """
    return tuple(find_checker(one) for one in settings.checkers)


def find_checker(settings: CheckerSettings) -> FoundChecker:
    """The same for one checker."""
    if isinstance(settings, AccountsChecker):
        return FoundChecker(name="accounts", settings=settings, make=None)
    if isinstance(settings, StrcredChecker):
        # What stands behind the colon may hold a password of the directory, so the log gets the kind alone.
        name = f"strcred:{settings.description.partition(':')[0]}"
        return FoundChecker(name=name, settings=settings, make=_from_strcred(settings.description, name))
    name = f"python:{settings.path}"
    return FoundChecker(name=name, settings=settings, make=_from_path(settings, name))


def build_checkers(found: Iterable[FoundChecker], *, accounts: ICredentialsChecker) -> tuple[CheckerEntry, ...]:
    """All checkers, ready to be asked; on the reactor's thread.

    :param accounts: the checker that ``accounts`` stands for.
    :raises PluginProblem: for the first checker that cannot be made.
    """
    return tuple(build_checker(one, accounts=accounts) for one in found)


def build_checker(found: FoundChecker, *, accounts: ICredentialsChecker) -> CheckerEntry:
    """The same for one checker."""
    settings = found.settings
    return CheckerEntry(
        name=found.name,
        checker=accounts if found.make is None else _usable(found.make(), found.name),
        timeout_seconds=settings.timeout_seconds,
        final=not isinstance(settings, AccountsChecker) and settings.final,
    )


def problems(settings: AuthSettings) -> tuple[str, ...]:
    """What is wrong with each checker that cannot be made; all are made for the trial and thrown away."""
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
        # Twisted's own plug-in warns on standard error at most, and then every login fails.
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
