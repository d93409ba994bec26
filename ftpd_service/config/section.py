"""The declaration of a key, and what every section of the file is made of."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


def key(
    default: object, description: str, *, to: str = "", example: str = "", restart: bool = False
) -> Any:  # Any: as in the file
    """A key that may be left out.

    :param default: as the file would have it; None means "left out" and is no value that the file may give.
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


def required(description: str, *, to: str = "") -> Any:  # Any: as in key
    """A key that must stand where its mapping stands."""
    return Field(description=description, json_schema_extra={"to": to})


def extra(field: FieldInfo, name: str) -> str:
    """What the declaration of a key says of `to` or `example`."""
    said = field.json_schema_extra
    return str(said.get(name, "")) if isinstance(said, dict) else ""


def needs_restart(field: FieldInfo) -> bool:
    """Whether a reload leaves the value of a key as it was at the start, by the key's declaration."""
    said = field.json_schema_extra
    return isinstance(said, dict) and said.get("restart") is True


def absent(value: object) -> object:
    """A section without content (all its keys commented out) is as if it were absent."""
    return {} if value is None else value


def some(value: object) -> object:
    """A list with something in it."""
    if value == []:
        raise ValueError("expected at least one entry, found an empty list")
    return value


class Section(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    named_by: ClassVar[str] = ""
    """In a list: the key that tells its entries apart.  Without one a change of the list is told as a whole."""
