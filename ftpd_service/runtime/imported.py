"""Python code that the configuration names by dotted paths: imports, and failures explained to the operator.

An import waits for disks, so it runs beside the reactor once the service runs.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any


class PluginProblem(ValueError):
    """A checker or a storage of the configuration cannot be used; the text tells the operator what to correct."""


def imported(path: str) -> object:
    """Return the object at a path ``package.module:Name``.

    :raises PluginProblem: the module cannot be imported, or the name is missing.
    """
    module_name, colon, names = path.partition(":")
    if not (module_name and colon and names):
        raise PluginProblem(f"python:{path}: expected package.module:Name")
    with explained(f"python:{path}: {module_name} cannot be imported"):
        found: object = importlib.import_module(module_name)
    for name in names.split("."):
        if not hasattr(found, name):
            raise PluginProblem(f"python:{path}: {module_name} has no {names}")
        found = getattr(found, name)
    return found


def built_in(path: str, *, needs: str, told: str) -> Any:  # Any: the callers name our own functions
    """Return an object of this package, whose module may import libraries that are not installed.

    :param needs: the extra of this package that installs the libraries, or an empty text.
    :param told: the key of the file that asks for the object.
    :raises PluginProblem: a library is missing; the text says how to install it.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as problem:
        if not needs:
            raise
        text = f'{told}: the library {problem.name} is missing; install it by: pip install "ftpd-service[{needs}]"'
        raise PluginProblem(text) from None


@contextmanager
def explained(what: str, values: Mapping[str, object] = MappingProxyType({})) -> Iterator[None]:
    """Turn each exception of the block into a PluginProblem whose text names values instead of quoting them."""
    try:
        yield
    except (Exception, SystemExit) as problem:  # imports and constructors may raise anything; the operator needs a line
        raise PluginProblem(f"{what}: {_told(problem, values)}") from None


def traced(problem: BaseException, values: Mapping[str, object]) -> str:
    """Return the traceback of an exception for the log, its last line with names of values in place of the values."""
    return "".join((*traceback.format_tb(problem.__traceback__), _told(problem, values)))


def _told(problem: BaseException, values: Mapping[str, object]) -> str:
    text = f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__
    return _without_values(text, values)


def _without_values(text: str, values: Mapping[str, object]) -> str:
    """Replace each value of a text, which may be a password, by its name, the longest values first."""
    texts = [(value, name) for name, value in values.items() if isinstance(value, str) and value]
    for value, name in sorted(texts, key=lambda pair: len(pair[0]), reverse=True):
        text = text.replace(value, f"<{name}>")
    return text
