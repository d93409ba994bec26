"""Checkers of other packages: strcred plug-ins, importable classes, and entry points of installed packages."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import EntryPoint

from twisted.cred.strcred import ICheckerFactory
from twisted.plugin import getPlugins

from ftpd_service.auth.checker_parts import FoundChecker
from ftpd_service.auth.settings import CheckerSettings, InstalledChecker, PythonChecker, StrcredChecker
from ftpd_service.runtime.imported import PluginProblem, explained, imported, load_offered, offered

GROUP = "ftpd_service.checkers"
"""The group of entry points by which an installed package offers checkers."""


def find_strcred(settings: StrcredChecker) -> FoundChecker:
    """Find an installed plug-in of `twisted.cred.strcred`.

    :raises PluginProblem: no plug-in has this type, or its file cannot be read.
    """
    kind, _, arguments = settings.description.partition(":")
    # The text after the colon may contain a password, so the log gets only the type.
    name = f"strcred:{kind}"
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

    return _found(name, settings, make)


def find_python(settings: PythonChecker) -> FoundChecker:
    """Import the class or function of a dotted path.

    :raises PluginProblem: it cannot be imported, or cannot be called.
    """
    name = f"python:{settings.path}"
    made = imported(settings.path)
    return _found(name, settings, partial(_made, _callable(made, name), settings.options, name))


def find_installed(settings: InstalledChecker) -> FoundChecker:
    """Import the class or function that an installed package offers as an entry point.

    :raises PluginProblem: no package offers it, it cannot be imported, or cannot be called.
    """
    name = settings.name
    made = load_offered(GROUP, name, "a checker")
    return _found(name, settings, partial(_made, _callable(made, name), settings.options, name))


def installed() -> tuple[EntryPoint, ...]:
    """Return the checkers that installed packages offer, without importing them."""
    return offered(GROUP)


def _callable(made: object, name: str) -> Callable[..., object]:
    if not callable(made):
        raise PluginProblem(f"{name}: is no class or function; name one that makes a checker")
    return made


def _made(constructor: Callable[..., object], options: Mapping[str, object], name: str) -> object:
    given = ", ".join(sorted(options)) or "none"
    with explained(f"{name}: cannot be made with the options given ({given})", options):
        return constructor(**options)


def _found(name: str, settings: CheckerSettings, make: Callable[[], object]) -> FoundChecker:
    return FoundChecker(name=name, settings=settings, make=lambda parts: make(), proof=make)
