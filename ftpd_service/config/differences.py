"""The differences between two configurations, in the words of the file, for the log line of a reload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftpd_service.config.forms import Form, form_of
from ftpd_service.config.schema import Config
from ftpd_service.config.section import Section, needs_restart

NEEDS_RESTART = "needs a restart"


@dataclass(frozen=True, slots=True)
class _Said:
    """A value of the file, with its place; the value of an entry itself is empty."""

    value: object
    form: Form | None
    restart: bool = False
    """Whether a change waits for a restart."""

    def text(self) -> str:
        """Return the value as the log shows it."""
        if self.value is None:
            return "unset"
        return self.form.told(self.value) if self.form is not None and self.form.told is not None else ""


_ENTRY = _Said(None, None)


def changed(old: Config, new: Config) -> tuple[str, ...]:
    """Return a text for each difference, in the order of the file.  No text contains a secret.

    A reload cannot apply the differences whose text ends in `NEEDS_RESTART`: keys whose declaration says so.
    """
    if old.sections is None or new.sections is None:
        return ()
    before, after = dict(_flat(old.sections)), dict(_flat(new.sections))
    texts: list[str] = []
    places = [*after, *(place for place in before if place not in after)]
    whole = {place for place in places if before.get(place, after.get(place)) is _ENTRY}
    come_or_gone = {place for place in whole if (place in before) != (place in after)}
    for place in places:
        if place in come_or_gone:
            texts.append(f"{place} is {'new' if place in after else 'gone'}")
        elif before.get(place) != after.get(place) and not any(place.startswith(f"{one}.") for one in come_or_gone):
            texts.append(_text(place, before.get(place), after.get(place)))
    return tuple(texts)


def _text(place: str, before: _Said | None, after: _Said | None) -> str:
    told = [said.text() for said in (after, before) if said is not None]
    text = f"{place} is {told[0]}, was {told[1]}" if len(told) == 2 and all(told) else f"{place} changed"
    restart = any(said.restart for said in (after, before) if said is not None)
    return f"{text}; {NEEDS_RESTART}" if restart else text


def _flat(section: Section, above: str = "") -> Iterator[tuple[str, _Said]]:
    """Yield every value of a file with its place, including the defaults of keys that the file leaves out."""
    for name, field in type(section).model_fields.items():
        place, value = f"{above}{name}", getattr(section, name)
        if isinstance(value, Section) and form_of(field) is None:
            if field.default is None:
                yield place, _ENTRY
            yield from _flat(value, f"{place}.")
        elif value is None and form_of(field) is None:
            continue  # a section that the file leaves out
        elif isinstance(value, dict) and all(isinstance(entry, Section) for entry in value.values()):
            for key, entry in value.items():
                yield f"{place}.{key}", _ENTRY
                yield from _flat(entry, f"{place}.{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], Section) and value[0].named_by:
            for entry in value:
                named = f"{place}[{getattr(entry, value[0].named_by)}]"
                yield named, _ENTRY
                yield from _flat(entry, f"{named}.")
        else:
            yield place, _Said(value, form_of(field), needs_restart(field))
