"""LDAP messages between bytes and records (RFC 4511).  This is the only module that imports ldaptor.

ldaptor had no release since 2021, so only its codec is used.  Its connection has no bound, keeps what came in clear
before TLS, and imports the reactor; its parser of filters takes 12 ms for a name with 200 escapes, and encodes
characters beyond ASCII twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ldaptor.protocols import pureber, pureldap  # type: ignore[import-untyped]  # it has no types

from ftpd_service.auth.directory.filter_text import (
    AllOf,
    AnyOf,
    HasAttribute,
    NamedValue,
    NoneOf,
    PartsMatch,
    RuleMatch,
    SearchFilter,
)

LARGEST_MESSAGE_BYTES = 1024 * 1024
"""The largest message that is read; an entry with thousands of groups is smaller."""


class BrokenMessage(Exception):
    """The server has sent bytes that are no message; the text quotes nothing of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntry:
    """An entry of the directory."""

    dn: bytes
    attributes: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    """The values of the attributes, by their names in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapResult:
    """The result of an operation."""

    code: int
    text: str = ""
    """The server's own words, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message of the server."""

    id: int
    """The operation that it belongs to; 0 if the server speaks without being asked."""
    content: FoundEntry | LdapResult | None
    """None: nothing of interest, such as a reference to another server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search for entries."""

    base: bytes
    below: bool
    """Whether entries below the base are searched too, at any depth."""
    wanted: SearchFilter
    name: bytes = b""
    """The name that stands in the filter."""
    attributes: Sequence[str] = ()
    most: int = 1
    """The most entries that the server may return."""
    seconds: int = 0
    """The time in which the server gives up; 0 means its own."""


def bind_request(number: int, dn: bytes, password: bytes) -> bytes:
    """Return a request to log in (simple authentication)."""
    return _wire(number, pureldap.LDAPBindRequest(dn=dn, auth=password))


def unbind_request(number: int) -> bytes:
    """Return a request to close the connection."""
    return _wire(number, pureldap.LDAPUnbindRequest())


def start_tls_request(number: int) -> bytes:
    """Return a request to start TLS (RFC 4511 section 4.14)."""
    return _wire(number, pureldap.LDAPStartTLSRequest())


def search_request(number: int, search: Search) -> bytes:
    """Return a request to search; aliases are not followed."""
    scope = pureldap.LDAP_SCOPE_wholeSubtree if search.below else pureldap.LDAP_SCOPE_baseObject
    request = pureldap.LDAPSearchRequest(
        baseObject=search.base,
        scope=scope,
        derefAliases=pureldap.LDAP_DEREF_neverDerefAliases,
        sizeLimit=search.most,
        timeLimit=search.seconds,
        typesOnly=0,
        filter=_filter(search.wanted, search.name),
        # "1.1" asks for no attribute, an empty list for all (RFC 4511 section 4.5.1.8).
        attributes=list(search.attributes) or ["1.1"],
    )
    return _wire(number, request)


def received(data: bytes) -> tuple[Received | None, int]:
    """Return the first message of some bytes and its length, or None and 0 if it is not whole.

    :raises BrokenMessage: they are no message, or it is too large.
    """
    if data and not data.startswith(_SEQUENCE):
        raise BrokenMessage("the bytes are no message")
    try:
        message, length = pureber.berDecodeObject(_CONTEXT, data)
    except pureber.BERExceptionInsufficientData:
        if len(data) > LARGEST_MESSAGE_BYTES:
            raise BrokenMessage("a message is too large") from None
        return None, 0
    except Exception as problem:  # ldaptor raises whatever its assertions and look-ups do
        raise BrokenMessage(f"a message cannot be read: {type(problem).__name__}") from None
    if not data:
        return None, 0
    if not isinstance(message, pureldap.LDAPMessage) or not isinstance(message.id, int):
        raise BrokenMessage("the bytes are no message")
    return Received(id=message.id, content=_content(message.value)), length


_SEQUENCE = b"\x30"
"""The first byte of each message."""
_CONTEXT = pureldap.LDAPBERDecoderContext_TopLevel(
    inherit=pureldap.LDAPBERDecoderContext_LDAPMessage(
        fallback=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
        inherit=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
    )
)


def _wire(number: int, request: object) -> bytes:
    return bytes(pureldap.LDAPMessage(request, id=number).toWire())


def _content(value: Any) -> FoundEntry | LdapResult | None:  # Any: ldaptor has no types
    if isinstance(value, pureldap.LDAPSearchResultEntry):
        attributes = {_text(name).lower(): _values(values) for name, values in value.attributes}
        return FoundEntry(dn=_octets(value.objectName), attributes=attributes)
    if isinstance(value, pureldap.LDAPResult):
        if not isinstance(value.resultCode, int):
            raise BrokenMessage("a result has no code")
        return LdapResult(code=value.resultCode, text=_text(value.errorMessage))
    if isinstance(value, pureldap.LDAPSearchResultReference):
        return None
    raise BrokenMessage("a message is no answer of a server")


def _values(values: Sequence[object]) -> tuple[bytes, ...]:
    return tuple(_octets(value) for value in values)


def _octets(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8")
    if not isinstance(value, bytes):
        raise BrokenMessage("a value is no string")
    return value


def _text(value: object) -> str:
    return _octets(value).decode("utf-8", "backslashreplace")


_SIGNS = {
    "=": pureldap.LDAPFilter_equalityMatch,
    "~=": pureldap.LDAPFilter_approxMatch,
    ">=": pureldap.LDAPFilter_greaterOrEqual,
    "<=": pureldap.LDAPFilter_lessOrEqual,
}


def _filter(wanted: SearchFilter, name: bytes) -> object:
    """Return ldaptor's object for a filter with a name."""
    if isinstance(wanted, (AllOf, AnyOf)):
        kind = pureldap.LDAPFilter_and if isinstance(wanted, AllOf) else pureldap.LDAPFilter_or
        return kind([_filter(part, name) for part in wanted.parts])
    if isinstance(wanted, NoneOf):
        return pureldap.LDAPFilter_not(_filter(wanted.part, name))
    if isinstance(wanted, HasAttribute):
        return pureldap.LDAPFilter_present(wanted.attribute)
    if isinstance(wanted, PartsMatch):
        return pureldap.LDAPFilter_substrings(type=wanted.attribute, substrings=list(_substrings(wanted, name)))
    if isinstance(wanted, RuleMatch):
        return pureldap.LDAPFilter_extensibleMatch(
            matchingRule=wanted.rule,
            type=wanted.attribute,
            matchValue=wanted.value.filled(name),
            dnAttributes=wanted.of_dn,
        )
    return _SIGNS[wanted.sign](
        attributeDesc=pureldap.LDAPAttributeDescription(wanted.attribute),
        assertionValue=pureldap.LDAPAssertionValue(wanted.value.filled(name)),
    )


def _substrings(wanted: PartsMatch, name: bytes) -> list[object]:
    def made(kind: Any, value: NamedValue) -> list[object]:  # Any: a class of ldaptor
        return [kind(value.filled(name))] if value.pieces else []

    middle = [one for value in wanted.middle for one in made(pureldap.LDAPFilter_substrings_any, value)]
    begin = made(pureldap.LDAPFilter_substrings_initial, wanted.begin)
    return [*begin, *middle, *made(pureldap.LDAPFilter_substrings_final, wanted.end)]
