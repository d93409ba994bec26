"""What every section of the file is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ftpd_service.config import words


@dataclass(frozen=True, slots=True)
class Form:
    """What a value looks like, in the words of docs/configuration.rst."""

    text: str


def key(default: object, description: str) -> Any:  # Any: the default is as the file would have it, not as read
    """A key that may be left out.  A default of None means "left out" and is no value that the file may give."""
    if default is None:
        return Field(default=None, description=description)
    return Field(default=default, description=description, validate_default=True)


def required(description: str) -> Any:  # Any: as in key
    """A key that must stand where its mapping stands."""
    return Field(description=description)


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


def word(*available: str, later: tuple[str, ...] = ()) -> Callable[[object], str]:
    """A check for one of some words; those of `later` belong to features that this version does not have."""
    return partial(words.one_of, words=available, later=later)
