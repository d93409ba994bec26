"""Python code that the configuration names by dotted paths: imports, and failures explained to the operator.

An import waits for disks, so it runs beside the reactor once the service runs.
"""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType, ModuleType
from typing import Any

_OWN = __name__.partition(".")[0]


class PluginProblem(ValueError):
    """A part of the configuration cannot be used; the text tells the operator what to correct."""


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

    This is the only way to such a module: a service that does not use it starts without its libraries.

    :param needs: the extra of this package that installs the libraries, or an empty text for plain dependencies.
    :param told: the key of the file that asks for the object.
    :raises PluginProblem: a library is missing; the text says how to install it.
    """
    module, _, name = path.partition(":")
    return getattr(_module(module, needs, told), name)


def require(library: str, *, needs: str, told: str) -> None:
    """Import a library that another library imports later, such as the driver of a database.

    :raises PluginProblem: the library is missing; the text says how to install it.
    """
    _module(library, needs, told)


def _module(name: str, needs: str, told: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        library = (problem.name or name).partition(".")[0]
        if library == _OWN:
            raise
        # A library may be there, and lack a library of the system.
        reason = "is missing" if isinstance(problem, ModuleNotFoundError) else f"cannot be imported ({_line(problem)})"
        wanted = f"ftpd-service[{needs}]" if needs else "ftpd-service"
        raise PluginProblem(f'{told}: the library {library} {reason}; install it by: pip install "{wanted}"') from None


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())


@contextmanager
def explained(what: str, values: Mapping[str, object] = MappingProxyType({})) -> Iterator[None]:
    """Turn each exception of the block into a PluginProblem whose text names values instead of quoting them."""
    try:
        yield
    except (Exception, SystemExit) as problem:  # imports and constructors may raise anything; the operator needs a line
        raise PluginProblem(f"{what}: {told(problem, values)}") from None


def traced(problem: BaseException, values: Mapping[str, object]) -> str:
    """Return the traceback of an exception for the log, its last line with names of values in place of the values."""
    return "".join((*traceback.format_tb(problem.__traceback__), told(problem, values)))


def told(problem: BaseException, values: Mapping[str, object]) -> str:
    """Return the kind and the text of an exception, with names of values in place of the values."""
    text = f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__
    return _without_values(text, values)


def _without_values(text: str, values: Mapping[str, object]) -> str:
    """Replace each value of a text, which may be a password, by its name, the longest values first."""
    texts = [(value, name) for name, value in values.items() if isinstance(value, str) and value]
    for value, name in sorted(texts, key=lambda pair: len(pair[0]), reverse=True):
        text = text.replace(value, f"<{name}>")
    return text


def demand_signature(
    made: Callable[..., object],
    given: Sequence[object],
    options: Mapping[str, object],
    *,
    name: str,
    called_with: str = "the options given",
) -> None:
    """Refuse a class or function that cannot be called with some values and options, without calling it.

    :param name: the words for it.
    :param called_with: the words for the values.
    :raises PluginProblem:
    """
    try:
        signature = inspect.signature(made)
    except (TypeError, ValueError):
        return  # code in C may have no signature, so the first call finds the mistake
    try:
        signature.bind(*given, **options)
    except TypeError as problem:
        names = ", ".join(sorted(options)) or "none"
        raise PluginProblem(f"{name}: cannot be called with {called_with} ({names}): {problem}") from None


def offered(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of a group that installed packages offer, without importing them."""
    return tuple(entry_points(group=group))


def load_offered(group: str, name: str, kind: str) -> object:
    """Import the object that an installed package offers.

    :param kind: the word for it, with its article.
    :raises PluginProblem: no package offers it, or it cannot be imported.
    """
    points = {point.name: point for point in offered(group)}
    if name not in points:
        raise PluginProblem(f"{name}: no installed package offers {kind} of this name")
    with explained(f"{name}: {points[name].value} cannot be imported"):
        found: object = points[name].load()
    return found
