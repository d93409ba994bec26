"""The declaration of a key, and the base class of all sections of the file."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


def key(
    default: object, description: str, *, to: str = "", example: str = "", restart: bool = False
) -> Any:  # Any: as in the file
    """Declare a key that may be left out.

    :param default: as the file would write it; None means "left out" and is not a value that the file may have.
    :param to: the field that takes the value, by its path in `Config`, or in the record of an entry of a list or a
        mapping.  Empty for a value that ``build.py`` takes by hand.
    :param example: what etc/ftpd.yaml shows, as YAML, where the default shows nothing.
    :param restart: whether a reload leaves the value as it was at the start.  The reference, the JSON Schema,
        etc/ftpd.yaml and the line of a reload say so.
    """
    extra: dict[str, Any] = {"to": to, "example": example, "restart": restart}  # Any: pydantic's type of JSON
    if default is None:
        return Field(default=None, description=description, json_schema_extra=extra)
    return Field(default=default, description=description, validate_default=True, json_schema_extra=extra)


def required(description: str, *, to: str = "", example: str = "") -> Any:  # Any: as in key
    """Declare a key that must be present in its mapping."""
    return Field(description=description, json_schema_extra={"to": to, "example": example})


def extra(field: FieldInfo, name: str) -> str:
    """Return `to` or `example` from the declaration of a key."""
    said = field.json_schema_extra
    return str(said.get(name, "")) if isinstance(said, dict) else ""


def needs_restart(field: FieldInfo) -> bool:
    """Whether a reload leaves the value of a key as it was at the start, by the key's declaration."""
    said = field.json_schema_extra
    return isinstance(said, dict) and said.get("restart") is True


def absent(value: object) -> object:
    """Treat a section without content (all keys commented out) as absent."""
    return {} if value is None else value


def some(value: object) -> object:
    """Return a list that is not empty."""
    if value == []:
        raise ValueError("expected at least one entry, found an empty list")
    return value


class Section(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    named_by: ClassVar[str] = ""
    """The key that distinguishes the entries of a list.  Without such a key a changed list is reported as a whole."""
    kinds: ClassVar[tuple[str, ...]] = ()
    """The keys of which each entry of a list has exactly one."""
    open_ended: ClassVar[bool] = False
    """Whether installed packages may add keys."""
