"""Modules of this package that are imported only where the configuration asks for them, and the libraries they need.

A service that does not use a feature starts without the feature's libraries.  A feature of this package has its own
module, which imports the libraries at its top as every module does; `loaded` imports that module by its name.  A
library that is missing is one line for the operator, which names the extra to install.
"""

from __future__ import annotations

import importlib

from ftpd_service.runtime.imported import PluginProblem

DISTRIBUTION = "ftpd-service"


class MissingLibrary(PluginProblem):
    """A feature of the configuration needs a library that is not installed; the text says how to install it."""


def loaded(path: str, *, feature: str, extra: str | None = None) -> object:
    """Return an object of this package at a path ``package.module:name``, and import its module.  May wait for disks.

    Only the missing library is a matter for the operator: every other exception is a fault of this package.

    :param feature: the key of the configuration that needs the module, such as ``database`` or ``auth.checkers.ldap``.
    :param extra: the extra of this distribution that installs the libraries, or None if they are plain dependencies.
    :raises MissingLibrary: a library is missing, or cannot be imported.
    """
    module_name, _, name = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ImportError as problem:
        raise MissingLibrary(_line(feature, extra, problem)) from problem
    found: object = getattr(module, name)
    return found


def require(library: str, *, feature: str, extra: str | None = None) -> None:
    """Import a library that a dependency imports later, such as the driver of a database.

    :raises MissingLibrary: the library is missing, or cannot be imported.
    """
    try:
        importlib.import_module(library)
    except ImportError as problem:
        raise MissingLibrary(_line(feature, extra, problem)) from problem


def _line(feature: str, extra: str | None, problem: ImportError) -> str:
    wanted = f'"{DISTRIBUTION}[{extra}]"' if extra else DISTRIBUTION
    if isinstance(problem, ModuleNotFoundError) and problem.name:
        reason = f"needs the library {problem.name.partition('.')[0]}, which is not installed"
    else:
        reason = f"needs a library that cannot be imported ({' '.join(str(problem).split())})"
    return f"{feature}: {reason}; install it with: pip install {wanted}"
