"""The expansion of ``${NAME}`` in values by environment variables.

The expansion happens once, after parsing: the content of a variable is never read as YAML and never expanded again.
``${NAME:-default}`` gives the default if the variable is unset or empty, as in a shell; ``$${`` is a literal ``${``.  A
value with a part from the environment is text; where a number or a boolean is expected, the text is read as unquoted
YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ftpd_service.config.problems import FromEnvironment, KeyPath

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{")


class BadReference(ValueError):
    """A reference is malformed, or its variable is not set."""


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """Return a text with its references replaced, as a `FromEnvironment` if it had any.

    :raises BadReference: its text shows at most the name of a variable.
    """

    def replacement(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name = match["name"]
        if name is None:
            raise BadReference("expected ${NAME} or ${NAME:-default} after ${ ; a literal ${ is written $${")
        value = environ.get(name)
        if not value and match["default"] is not None:
            return str(match["default"])
        if value is None:
            raise BadReference(
                f"the environment variable {name} is not set, and there is no default (${{{name}:-...}})"
            )
        return value

    result = _REFERENCE.sub(replacement, text)
    if any(match["name"] for match in _REFERENCE.finditer(text)):
        return FromEnvironment(result)
    return result


def expand_all(
    value: object, environ: Mapping[str, str], path: KeyPath = ()
) -> tuple[object, list[tuple[KeyPath, BadReference]]]:
    """Expand every text of a tree.  Keys stay unchanged; texts that cannot be expanded stay too, and are reported."""
    wrong: list[tuple[KeyPath, BadReference]] = []
    if isinstance(value, str):
        try:
            return expanded(value, environ), wrong
        except BadReference as error:
            return value, [(path, error)]
    if isinstance(value, dict):
        mapping: dict[object, object] = {}
        for key, item in value.items():
            mapping[key], more = expand_all(item, environ, (*path, key))
            wrong += more
        return mapping, wrong
    if isinstance(value, list):
        items: list[object] = []
        for position, item in enumerate(value):
            new, more = expand_all(item, environ, (*path, position))
            items.append(new)
            wrong += more
        return items, wrong
    return value, wrong
