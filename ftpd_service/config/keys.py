"""The list of all keys, derived from ``sections.py``, and the explanation of unknown keys."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import get_args, get_origin

from pydantic.fields import FieldInfo

from ftpd_service.config.forms import Form, form_of
from ftpd_service.config.problems import KeyPath
from ftpd_service.config.section import Section, extra, needs_restart
from ftpd_service.config.sections import LATER, FileSections


@dataclass(frozen=True, slots=True)
class Key:
    """One key with its path, in which ``*`` stands for any account, and any position in a list."""

    path: str
    form: Form | None
    """None for a mapping."""
    default: object
    """The default as the file would write it; None if leaving the key out differs from every value."""
    required: bool
    description: str
    """The effect, and the need of a restart if a reload leaves the value as it was."""
    example: str
    """An example as YAML, if the default shows nothing."""
    restart: bool
    """Whether a change waits for a restart."""
    inside: type[Section] | None
    """The section below the key; for a list or a mapping of names, the section of each entry."""
    many: bool
    """Whether the key holds a list or a mapping of names."""
    names: bool = False
    """Whether the key holds a mapping of names."""


def all_keys(section: type[Section] = FileSections, above: str = "") -> Iterator[Key]:
    """Return every key of the file in the order of ``sections.py``, each mapping before its keys."""
    for key in keys_of(section):
        path = above + key.path
        yield replace(key, path=path)
        if key.inside is not None:
            yield from all_keys(key.inside, f"{path}.*." if key.many else f"{path}.")


def keys_of(section: type[Section]) -> Iterator[Key]:
    """Yield the keys of one section, with their names as paths."""
    for name, field in section.model_fields.items():
        inside, many = _inside(field)
        origins = {get_origin(one) for one in (field.annotation, *get_args(field.annotation))}
        yield Key(
            path=name,
            form=form_of(field),
            default=None if field.is_required() else field.default,
            required=field.is_required(),
            description=_description(field),
            example=extra(field, "example"),
            restart=needs_restart(field),
            inside=inside,
            many=many,
            names=inside is not None and dict in origins,
        )


def _description(field: FieldInfo) -> str:
    return f"{field.description or ''}{' A change needs a restart.' if needs_restart(field) else ''}"


def _inside(field: FieldInfo) -> tuple[type[Section] | None, bool]:
    """Return the section of a field, and whether the field holds many sections."""
    waiting: list[tuple[object, bool]] = [(field.annotation, False)]
    while waiting:
        annotation, many = waiting.pop()
        origin = get_origin(annotation)
        # Python 3.10 regards list[int] as a class, too.
        if origin is None and isinstance(annotation, type) and issubclass(annotation, Section):
            return annotation, many
        many = many or origin in (list, dict)
        waiting += [(inner, many) for inner in get_args(annotation)]
    return None, False


def unknown_key(path: KeyPath) -> str:
    """Return the message for an unknown key, with the similar key or the feature that the operator may have meant."""
    pattern = _pattern(path)
    if pattern in LATER:
        return "not available in this version"
    above, _, name = pattern.rpartition(".")
    known = [key.path.rpartition(".") for key in all_keys()]
    close = difflib.get_close_matches(name, [other for place, _, other in known if place == above], n=1)
    if close:
        return f"unknown key; did you mean {close[0]}?"
    if above == "auth.checkers.*":
        return "unknown key; no installed package offers a checker of this name"
    if above == "hooks.rules.*.do.*":
        return "unknown key; no installed package offers an action of this name"
    # At the left margin a key mostly lacks its section.
    places = [] if above else [f"{place}.{other}" for place, _, other in known if other == name and "*" not in place]
    return f"unknown key; did you mean {' or '.join(places)}?" if places else "unknown key"


def _pattern(path: KeyPath) -> str:
    # The second part below accounts, and the third part below tls.names, is always a name.
    parts = ["*" if isinstance(part, int) else part for part in path]
    if parts[:1] in (["accounts"], ["groups"]) and len(parts) > 2:
        parts[1] = "*"
    if parts[:2] == ["tls", "names"] and len(parts) > 3:
        parts[2] = "*"
    if "folders" in parts and len(parts) > parts.index("folders") + 2:
        parts[parts.index("folders") + 1] = "*"
    return ".".join(parts)
