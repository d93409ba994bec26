"""The construction of checkers: built-in checkers, and those of other packages (``auth/strangers.py``).

A checker is made in two steps.  The first step finds it; this may wait for disks and imports modules, so it runs beside
the reactor while the service runs.  The second step calls its constructor on the reactor's thread: the constructor may
connect, set timers, and use all other parts of Twisted, which is not safe on other threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from twisted.cred.checkers import ICredentialsChecker

from ftpd_service.auth.accepted import AcceptedLogins
from ftpd_service.auth.checker_parts import CheckerParts, FoundChecker
from ftpd_service.auth.credentials import ILastingChecker, SessionCredentials
from ftpd_service.auth.lasting import CheckersInForce
from ftpd_service.auth.ordered import CheckerEntry
from ftpd_service.auth.settings import AuthSettings, CheckerSettings
from ftpd_service.policy.breaker import Breaker
from ftpd_service.runtime.imported import PluginProblem, built_in


def find_checkers(settings: AuthSettings) -> tuple[FoundChecker, ...]:
    """Import the constructors of all configured checkers, in their order.  The call may wait for disks.

    :raises PluginProblem: for the first checker that is not found.
    """
    return tuple(find_checker(one) for one in settings.checkers)


def find_checker(settings: CheckerSettings) -> FoundChecker:
    """Import the constructor of one checker by the name in its settings."""
    find = built_in(settings.finder, needs=settings.needs, told=settings.kind)
    found: FoundChecker = find(settings)
    return found


def build_checkers(
    found: Iterable[FoundChecker], parts: CheckerParts, in_force: CheckersInForce
) -> tuple[CheckerEntry, ...]:
    """Make all checkers, on the reactor's thread; entries that are in force already keep what lasts.

    :raises PluginProblem: for the first checker that cannot be made.
    """
    entries: list[CheckerEntry] = []
    names: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    try:
        for one in found:
            names[one.name] += 1
            # A name stands for one checker: in the log, and where the accounts of a checker are asked for again.
            named = one if names[one.name] == 1 else replace(one, name=f"{one.name} ({names[one.name]})")
            kinds[one.settings.kind] += 1
            short = f"{one.settings.kind}{kinds[one.settings.kind] if kinds[one.settings.kind] > 1 else ''}"
            entries.append(build_checker(named, parts, in_force.former(one.settings, entries), short=short))
    except PluginProblem:
        in_force.discard(entries)
        raise
    return tuple(entries)


def build_checker(
    found: FoundChecker, parts: CheckerParts, former: CheckerEntry | None = None, *, short: str = ""
) -> CheckerEntry:
    """Make one checker, on the reactor's thread.

    :param former: the entry in force with the same settings.
    :param short: see `CheckerEntry.short`.
    """
    settings = found.settings
    lasts = former is not None and ILastingChecker.providedBy(former.checker)
    seconds = parts.remembered_seconds(settings)
    return CheckerEntry(
        name=found.name,
        short=short or settings.kind,
        checker=former.checker if former is not None and lasts else _usable(found.make(parts), found.name),
        timeout_seconds=settings.timeout_seconds,
        final=settings.final,
        breaker=Breaker(settings.breaker) if former is None else former.breaker,
        accepted=AcceptedLogins(seconds, now=parts.reactor.seconds) if seconds else None,
        settings=settings,
    )


def problems(settings: AuthSettings) -> tuple[str, ...]:
    """Return the problem of each checker that cannot be made; other packages' checkers are made and discarded."""
    told = []
    for one in settings.checkers:
        try:
            checker = find_checker(one)
            if checker.proof is not None:
                _usable(checker.proof(), checker.name)
        except PluginProblem as problem:
            told.append(str(problem))
    return tuple(told)


def _usable(checker: object, name: str) -> ICredentialsChecker:
    if not ICredentialsChecker.providedBy(checker):
        raise PluginProblem(f"{name}: does not provide twisted.cred.checkers.ICredentialsChecker")
    checked = ICredentialsChecker(checker)
    if not any(interface.implementedBy(SessionCredentials) for interface in checked.credentialInterfaces):
        raise PluginProblem(f"{name}: does not check names with passwords (IUsernamePassword)")
    return checked
