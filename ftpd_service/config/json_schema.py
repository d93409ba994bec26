"""The JSON Schema of the file, for editors: ``python -m ftpd_service.config.json_schema``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from ftpd_service.config.keys import Key, keys_of
from ftpd_service.config.section import Section
from ftpd_service.config.sections import FileSections

_FROM_ENVIRONMENT: Mapping[str, object] = {"type": "string", "pattern": r"\$\{"}
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
    if key.inside is None:
        form = {} if key.form is None else dict(key.form.schema)
        return {"anyOf": [form, _FROM_ENVIRONMENT], **default} if form.get("type") != "object" else form
    inside = _mapping(key.inside)
    if not key.many:
        # A word may stand for the mapping.
        return inside if key.form is None else {"anyOf": [inside, dict(key.form.schema), _FROM_ENVIRONMENT]}
    if not key.names:
        # A word may stand for the list or for an entry of the list.
        return {"anyOf": [{"type": "array", "items": {"anyOf": [inside, {"type": "string"}]}}, {"type": "string"}]}
    return {"type": ["object", "null"], "additionalProperties": inside}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
