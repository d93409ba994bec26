"""The forms of values in the file: how a value is read, how the log shows it, and its JSON Schema.

``units.py``, ``networks.py`` and ``words.py`` have the functions that read a value; ``sections.py`` has the names and
descriptions of the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, TypeVar

from pydantic import PlainValidator
from pydantic.fields import FieldInfo

from ftpd_service.config import endpoints, networks, rule_words, units, words
from ftpd_service.config.problems import found
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.session.settings import ListenerTls
from ftpd_service.tls.contexts import problem_of_ciphers
from ftpd_service.tls.settings import COMPATIBLE_CIPHERS, MODERN_CIPHERS
from ftpd_service.values import Networks, Permissions

E = TypeVar("E", bound=Enum)


def plain(value: object) -> str:
    """Return a number, a word or a boolean as the file would write it."""
    if isinstance(value, Enum):
        return str(value.value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a value."""

    text: str
    """The form in the words of docs/configuration.rst."""
    schema: Mapping[str, object] = field(default_factory=dict)
    """The form as JSON Schema; empty for a mapping or a list of sections."""
    told: Callable[[object], str] | None = plain
    """The function that shows the value in the log; None for texts, which may be secret or come from the environment.
    """


def form_of(field: FieldInfo) -> Form | None:
    """Return the form in a key's declaration."""
    return next((form for form in field.metadata if isinstance(form, Form)), None)


def either(options: tuple[str, ...]) -> str:
    """Return the words of a choice as a text lists them."""
    return " or ".join(filter(None, (", ".join(options[:-1]), options[-1])))


def choice(kind: type[E], *more: str) -> Form:
    """Return the form of an enumeration whose values are the words of the file; `more` are words for None."""
    options = (*(str(member.value) for member in kind), *more)
    return Form(either(options), {"enum": list(options)})


def member(kind: type[E], *, later: tuple[str, ...] = ()) -> PlainValidator:
    """Return a reader of enumeration members; the words in `later` belong to features that do not exist yet."""
    return PlainValidator(partial(_member, kind=kind, later=later))


def _member(value: object, *, kind: type[E], later: tuple[str, ...]) -> E:
    return kind(words.one_of(value, words=tuple(str(member.value) for member in kind), later=later))


def word(*available: str, later: tuple[str, ...] = ()) -> PlainValidator:
    """Return a reader that accepts some words and leaves them unchanged."""
    return PlainValidator(partial(words.one_of, words=available, later=later))


def text() -> PlainValidator:
    """Return a reader of texts that are not empty."""
    return PlainValidator(words.text)


def demand() -> PlainValidator:
    """Read ``required`` as True and ``optional`` as False."""
    return PlainValidator(lambda value: words.one_of(value, words=("optional", "required")) == "required")


DEMAND = Form(
    "optional or required",
    {"enum": ["optional", "required"]},
    told=lambda value: "required" if value else "optional",
)


def resumption(value: object) -> ResumptionMode:
    """Read the demand on data connections; earlier versions had the word ``verify``."""
    if value == "verify":
        raise ValueError(
            "verify is sticky now, which refuses clients whose parallel sessions share a cache of TLS sessions "
            "(rclone, curl -Z); the default is report, which refuses nobody"
        )
    return _member(value, kind=ResumptionMode, later=())


_CIPHER_WORDS = {"modern": MODERN_CIPHERS, "compatible": COMPATIBLE_CIPHERS}


def ciphers(value: object) -> str:
    """Return a cipher list of OpenSSL, given by itself or by the word for it."""
    expected = "expected modern, compatible or OpenSSL's list of ciphers"
    if not isinstance(value, str) or not value:
        raise ValueError(f"{expected}, found {found(value)}")
    listed = _CIPHER_WORDS.get(value, str(value))
    problem = problem_of_ciphers(listed)
    if problem:
        raise ValueError(f"{expected}; OpenSSL says: {problem}")
    return listed


CIPHERS = Form(
    "modern, compatible, or OpenSSL cipher list",
    {"type": "string", "minLength": 1},
    told=lambda value: next((word for word, listed in _CIPHER_WORDS.items() if listed == value), str(value)),
)


def seconds(value: object) -> str:
    """Return a duration as seconds."""
    return f"{value:g}s" if isinstance(value, float) else plain(value)


def ports(value: object) -> str:
    """Return ranges of ports in the notation of the file."""
    ranges = value if isinstance(value, tuple) else ()
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def octal(value: object) -> str:
    """Return permission bits as octal digits."""
    return f"{value:03o}" if isinstance(value, int) else plain(value)


def rights(value: object) -> str:
    """Return permissions as the word for all of them, or as a list."""
    for name, meaning in words.PERMISSIONS.items():
        if meaning == value:
            return name
    return f"[{', '.join(name for name, one in words.SINGLE_PERMISSIONS.items() if one in Permissions(value))}]"


_DURATION = {"type": ["string", "number"], "pattern": r"^[0-9]+(\.[0-9]+)?(s|m|h|d)$"}
_SIZE = {"type": ["string", "integer"], "pattern": r"^[0-9]+(\.[0-9]+)?(B|[KMGT]i?B|kB)?$"}
_RATE = {"type": ["string", "null"], "pattern": r"^[0-9]+(\.[0-9]+)?(B|[KMGT]i?B|kB)?/s$"}
_TEXT = {"type": "string", "minLength": 1}
_NETWORKS = {"type": "array", "items": _TEXT}
_RIGHTS = {
    "anyOf": [
        {"enum": list(words.PERMISSIONS)},
        {"type": "array", "items": {"enum": list(words.SINGLE_PERMISSIONS)}},
    ]
}

Boolean = Annotated[bool, PlainValidator(units.boolean), Form("true or false", {"type": "boolean"})]
OwnBoolean = Annotated[bool | None, PlainValidator(units.boolean), Form("true or false", {"type": "boolean"})]
"""A boolean of an account; None if the account does not set it."""
Count = Annotated[int, PlainValidator(units.whole_number), Form("number, 1 or more", {"type": "integer", "minimum": 1})]
CountOrZero = Annotated[
    int, PlainValidator(units.number_or_zero), Form("number, 0 or more", {"type": "integer", "minimum": 0})
]
BanFailures = Annotated[
    int,
    PlainValidator(units.up_to_hundred),
    Form("number, 1 to 100", {"type": "integer", "minimum": 1, "maximum": 100}),
]
OwnCount = Annotated[
    int | None, PlainValidator(units.whole_number), Form("number, 1 or more", {"type": "integer", "minimum": 1})
]
Ipv4Prefix = Annotated[
    int,
    PlainValidator(units.ipv4_prefix),
    Form("number, 1 to 32", {"type": "integer", "minimum": 1, "maximum": 32}),
]
Ipv6Prefix = Annotated[
    int,
    PlainValidator(units.ipv6_prefix),
    Form("number, 1 to 128", {"type": "integer", "minimum": 1, "maximum": 128}),
]
OwnSize = Annotated[int | None, PlainValidator(units.size), Form("size", _SIZE, told=lambda value: f"{value}B")]
Cap = Annotated[
    int | None,
    PlainValidator(units.whole_number_or_null),
    Form("number, 1 or more, or null for no cap", {"type": ["integer", "null"], "minimum": 1}),
]
Rate = Annotated[
    int | None,
    PlainValidator(units.rate_or_null),
    Form("rate, or null for no limit", _RATE, told=lambda value: f"{value}B/s"),
]
Duration = Annotated[float, PlainValidator(units.duration), Form("duration", _DURATION, told=seconds)]
DURATION_OR_ZERO = Form("duration, 0 too", _DURATION, told=seconds)
DurationOrZero = Annotated[float, PlainValidator(units.duration_or_zero), DURATION_OR_ZERO]
Umask = Annotated[
    int,
    PlainValidator(words.umask),
    Form("octal digits in quotes", {"type": "string", "pattern": "^[0-7]{1,4}$"}, told=octal),
]
OwnUmask = Annotated[
    int | None,
    PlainValidator(words.umask),
    Form("octal digits in quotes", {"type": "string", "pattern": "^[0-7]{1,4}$"}, told=octal),
]
FileMode = Annotated[
    int | None,
    PlainValidator(rule_words.file_mode),
    Form("three octal digits in quotes", {"type": "string", "pattern": "^[0-7]{3,4}$"}, told=octal),
]
ChmodMask = Annotated[
    int,
    PlainValidator(rule_words.file_mode),
    Form("three octal digits in quotes", {"type": "string", "pattern": "^[0-7]{3,4}$"}, told=octal),
]
Owner = Annotated[str | None, PlainValidator(rule_words.owner), Form("user, user:group or :group", _TEXT)]
Pattern = Annotated[str, PlainValidator(rule_words.pattern), Form("pattern", _TEXT)]
Patterns = Annotated[
    tuple[str, ...] | None,
    PlainValidator(rule_words.pattern_list),
    Form("list of patterns", {"type": "array", "items": _TEXT}, told=None),
]
RuleId = Annotated[str | None, PlainValidator(rule_words.rule_id), Form("name", _TEXT)]
HiddenPrefix = Annotated[str, PlainValidator(words.hidden_prefix), Form("beginning of a file name", _TEXT)]
Banner = Annotated[str, PlainValidator(words.banner), Form("one line of text", _TEXT, told=None)]
Charset = Annotated[str, PlainValidator(words.charset), Form("character set", _TEXT)]
OwnCharset = Annotated[str | None, PlainValidator(words.charset), Form("character set", _TEXT)]
"""A set of a listener or an account; None if it does not set the key."""
Endpoint = Annotated[str, PlainValidator(endpoints.endpoint), Form("Twisted server endpoint", _TEXT)]
AnyEndpoint = Annotated[str, PlainValidator(endpoints.any_endpoint), Form("Twisted server endpoint", _TEXT)]
PortRanges = Annotated[
    tuple[tuple[int, int], ...],
    PlainValidator(networks.port_ranges),
    Form("ranges of ports", {"type": ["string", "integer"]}, told=ports),
]
GroupName = Annotated[str | None, PlainValidator(words.text), Form("the name of a group", _TEXT)]
HomePath = Annotated[
    str | None,
    PlainValidator(words.home),
    Form("path, {name} in it is the account's name", _TEXT, told=None),
]
Rights = Annotated[
    Permissions | None,
    PlainValidator(words.permissions),
    Form("all, read, write, none, or a list of permissions", _RIGHTS, told=rights),
]
Password = Annotated[str | None, PlainValidator(words.password), Form("hash, {plain}secret or any", _TEXT, told=None)]
PasswordFile = Annotated[str | None, PlainValidator(words.password_file), Form("path", _TEXT, told=None)]
FilePath = Annotated[str | None, PlainValidator(words.file_path), Form("path", _TEXT, told=None)]
FilePathOrNull = Annotated[
    str | None,
    PlainValidator(words.file_path_or_null),
    Form("path, or null for none", {"type": ["string", "null"]}, told=None),
]
COMMAND = Form("list of texts: a program and its arguments", {"type": ["array", "null"], "items": _TEXT}, told=None)
Command = Annotated[tuple[str, ...], PlainValidator(words.command), COMMAND]
OwnCommand = Annotated[tuple[str, ...] | None, PlainValidator(words.command_or_null), COMMAND]
PamService = Annotated[
    str, PlainValidator(words.pam_service), Form("name of a file", {"type": "string", "pattern": "^[A-Za-z0-9._-]+$"})
]
OPTIONS = Form("mapping", {"type": "object"}, told=None)
Options = Annotated[dict[str, object], PlainValidator(words.options), OPTIONS]
Network = Annotated[
    IPv4Network | IPv6Network | None,
    PlainValidator(networks.network_or_any),
    Form("network or any", _TEXT),
]
ManyNetworks = Annotated[Networks, PlainValidator(networks.networks), Form("list of networks", _NETWORKS, told=None)]
OwnNetworks = Annotated[
    Networks | None, PlainValidator(networks.networks), Form("list of networks", _NETWORKS, told=None)
]
ManyNetworksOrAny = Annotated[
    Networks,
    PlainValidator(networks.networks_or_any),
    Form("list of networks, and any for all", _NETWORKS, told=None),
]
OwnTls = Annotated[ListenerTls | None, member(ListenerTls), choice(ListenerTls)]
Resumption = Annotated[ResumptionMode, PlainValidator(resumption), choice(ResumptionMode)]
OwnResumption = Annotated[ResumptionMode | None, PlainValidator(resumption), choice(ResumptionMode)]
"""A demand of a listener or an account; None if it does not set the key."""
Ciphers = Annotated[str, PlainValidator(ciphers), CIPHERS]
OwnCiphers = Annotated[str | None, PlainValidator(ciphers), CIPHERS]
"""A value of a listener; None if the listener does not set the key."""
Demand = Annotated[bool, demand(), DEMAND]
OwnDemand = Annotated[bool | None, demand(), DEMAND]
