"""The JSON Schema of the file, for editors: ``python -m ftpd_service.config.json_schema``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from ftpd_service.config.keys import Key, keys_of
from ftpd_service.config.section import Section
from ftpd_service.config.sections import FileSections

_FROM_ENVIRONMENT: dict[str, object] = {"type": "string", "pattern": r"\$\{"}
"""The form of a value with a variable of the environment, which is allowed everywhere."""


def json_schema() -> dict[str, object]:
    """Return the schema, draft 2020-12.  For forms without a pattern it is more lenient than the check."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of ftpd-service",
        **_mapping(FileSections),
    }


def _mapping(section: type[Section]) -> dict[str, object]:
    keys = list(keys_of(section))
    required = [key.path for key in keys if key.required]
    schema: dict[str, object] = {
        "type": ["object", "null"],
        "additionalProperties": section.open_ended,
        "properties": {key.path: {"description": key.description, **_value(key)} for key in keys},
    }
    return schema | ({"required": required} if required else {})


def _value(key: Key) -> dict[str, object]:
    default = {} if key.default is None else {"default": key.default}
    form = {} if key.form is None else _with_environment(key.form.schema)
    if key.inside is None:
        return ({"anyOf": [form, _FROM_ENVIRONMENT]} if form.get("type") != "object" else form) | default
    inside = _mapping(key.inside)
    if not key.many:
        # A word may stand for the mapping.
        return inside if key.form is None else {"anyOf": [inside, form, _FROM_ENVIRONMENT]}
    if key.names:
        return {"type": ["object", "null"], "additionalProperties": inside}
    # The form tells which words may stand for an entry, and which for the whole list.
    entry: dict[str, object] = {"anyOf": [inside, form["items"]]} if "items" in form else inside
    entries: dict[str, object] = {"type": "array", "items": entry}
    return {"anyOf": [entries, form]} if form.get("type") == "string" else entries


def _with_environment(form: Mapping[str, object]) -> dict[str, object]:
    """Return a form in which each entry of a list may be a value of the environment."""
    result = dict(form)
    if "items" in result:
        result["items"] = {"anyOf": [result["items"], _FROM_ENVIRONMENT]}
    alternatives = result.get("anyOf")
    if isinstance(alternatives, list):
        result["anyOf"] = [_with_environment(one) for one in alternatives]
    return result


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
