"""The list of all kinds of checkers that a configuration may name, for ``twistd ftpd --help-checkers``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint

from twisted.cred.strcred import ICheckerFactory
from twisted.plugin import getPlugins

from ftpd_service.auth.credentials import SessionCredentials
from ftpd_service.auth.settings import CheckerSettings
from ftpd_service.auth.strangers import GROUP, installed
from ftpd_service.runtime.imported import PluginProblem, explained


def checker_list(kinds: Iterable[type[CheckerSettings]]) -> Iterator[str]:
    """Yield the lines of the list.

    :param kinds: the built-in kinds.
    """
    yield "Kinds of checkers (auth.checkers) in this package:"
    yield from (_row(record.kind, record.__doc__) for record in kinds)
    yield ""
    yield 'Plug-ins of twisted.cred.strcred, as in  strcred: "file:/etc/ftpd/passwd":'
    for one in sorted(getPlugins(ICheckerFactory), key=lambda factory: str(factory.authType)):
        if any(interface.implementedBy(SessionCredentials) for interface in one.credentialInterfaces):
            yield _row(one.authType, one.authHelp)
    yield ""
    yield f"Checkers of installed packages (entry points of the group {GROUP}):"
    yield from [_row(point.name, _told(point)) for point in sorted(installed())] or ["  (none)"]


def _row(name: str, text: str | None) -> str:
    """Return the line of a checker, with the first sentence of a description."""
    paragraph = inspect.cleandoc(text or "").split("\n\n")[0].replace("\n", " ")
    sentence = re.match(r".*?\.(?= |$)", paragraph)
    return f"  {f'{name}:':<12} {sentence[0] if sentence else paragraph}"


def _told(point: EntryPoint) -> str:
    try:
        with explained(f"{point.value} cannot be imported"):
            return str(point.load().__doc__ or point.value)
    except PluginProblem as problem:
        return str(problem)
