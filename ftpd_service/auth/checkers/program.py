"""The checker that asks a program, whose processes ``auth/programs/`` has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from functools import partial

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.auth.answered import accepted
from ftpd_service.auth.checker_parts import CheckerParts, FoundChecker, ReadAccount
from ftpd_service.auth.credentials import ILastingChecker, ISessionCredentials
from ftpd_service.auth.programs.answers import Answer, read_answer, request_line
from ftpd_service.auth.programs.program_pool import PoolSettings, ProgramPool
from ftpd_service.auth.settings import ProgramChecker
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.stepping import deferred

_GIVEN = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""The variables of the service's environment that programs get."""


def find_program(settings: ProgramChecker) -> FoundChecker:
    """Find the program of an entry.

    :raises PluginProblem: it is missing, or may not be run.
    """
    name = f"program:{settings.command[0]}"
    pool = PoolSettings(
        label=f"checker {name}",
        command=settings.command,
        processes=settings.processes,
        persistent=settings.persistent,
    )
    require_program(settings.command[0], name)
    return FoundChecker(name=name, settings=settings, make=partial(make_asking, pool, environment()))


def require_program(path: str, name: str) -> None:
    """Look for a program, and for the program that makes its process group.

    :raises PluginProblem: it is missing, or may not be run.
    """
    for program in (path, "setsid"):
        if shutil.which(program) is None:
            raise PluginProblem(f"{name}: {program} is missing, or may not be run")


def environment(*more: str) -> dict[str, str]:
    """Return the environment of a program: the few variables that it gets from the service's own."""
    return {name: os.environ[name] for name in (*_GIVEN, *more) if name in os.environ}


def make_asking(pool: PoolSettings, variables: Mapping[str, str], parts: CheckerParts) -> ProgramAsking:
    """Make the checker, on the reactor's thread; no process starts before a login."""
    return ProgramAsking(ProgramPool(pool, variables, parts.reactor, read_answer), parts.read_account)


@implementer(ICredentialsChecker, ILastingChecker)
class ProgramAsking:
    """A checker that asks a program.

    :param read_account: reads the settings of an answer.
    """

    credentialInterfaces = (ISessionCredentials,)

    def __init__(self, pool: ProgramPool[Answer], read_account: ReadAccount) -> None:
        self._pool = pool
        self._read_account = read_account

    def requestAvatarId(self, credentials: ISessionCredentials) -> Deferred[bytes | tuple[()]]:
        """Return the avatar id that the program answers.

        The Deferred fails with HeldName (wrong password), UnauthorizedLogin (the name is not the program's), or
        LoginUnavailable (the program does not answer, or cannot tell).
        """
        return deferred(self._check(credentials))

    def end(self) -> object:
        """End the program's processes."""
        return deferred(self._pool.end())

    async def _check(self, credentials: ISessionCredentials) -> bytes:
        try:
            request = request_line(credentials)
        except UnicodeDecodeError:
            raise UnauthorizedLogin("the name or the password is not UTF-8, and no program can be asked") from None
        answer = await self._pool.ask(request, host=credentials.peer.host, name=credentials.username)
        return accepted(answer, credentials, self._read_account, whose="the program")
