"""Distinguished names with the place of a name in them, such as ``uid={name},ou=people`` (RFC 4514)."""

from __future__ import annotations

import re

_PLACE = re.compile(r"(?:^|[,+]) *([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+) *= *\{name\} *(?=[,+]|$)")
_HARMLESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-")


def attribute_of_dn(template: str) -> str:
    """Return the attribute whose value is the name.

    :raises ValueError: no value of the template is ``{name}``, or braces stand elsewhere too.
    """
    place = _PLACE.search(template)
    rest = template.replace("{name}", "", 1)
    if place is None or "{" in rest or "}" in rest:
        raise ValueError("no single value of it is {name}")
    return place[1]


def fill_dn(template: str, name: str) -> bytes:
    """Return the DN of a name; each byte of it that may be syntax is escaped (RFC 4514 section 2.4)."""
    value = "".join(chr(byte) if byte in _HARMLESS else f"\\{byte:02x}" for byte in name.encode("utf-8"))
    return template.replace("{name}", value).encode("utf-8")
