"""The argument parsers of verbs, which turn text into a typed value or a refusal that the client may read.

Every parser raises `BadArgument` (501) for a malformed argument and `UnsupportedParameter` (504) for an argument that
is well formed but not supported.  Paths stay unchanged, including spaces; other arguments are trimmed, because trailing
blanks are common.  The longer parsers are in `list_options`, `attributes` and
`digest_words` and are named here too.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.values import Representation, RepresentationType
from ftpd_service.wire.attributes import (
    FactsPath,
    ModePath,
    TimedPath,
    facts_path,
    mdtm_set,
    octal_mode,
    site_chmod,
    site_utime,
    timed_path,
)
from ftpd_service.wire.digest_words import DigestArgument, OctetRange, digest_argument, octet_range, part_of, path_list
from ftpd_service.wire.list_options import ListArgument, ListOptions, listing
from ftpd_service.wire.numbers import digits_only, whole_number

__all__ = [
    "DigestArgument",
    "FactsPath",
    "ListArgument",
    "ListOptions",
    "ModePath",
    "OctetRange",
    "TimedPath",
    "allocation",
    "buffer_size",
    "digest_argument",
    "facts_path",
    "host_name",
    "ignored",
    "language",
    "listing",
    "mdtm_set",
    "mechanism",
    "mode",
    "nothing",
    "octal_mask",
    "octal_mode",
    "octet_range",
    "offset",
    "optional_path",
    "optional_text",
    "part_of",
    "path",
    "path_list",
    "protection",
    "representation",
    "seconds",
    "site_chmod",
    "site_utime",
    "structure",
    "text",
    "timed_path",
]

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_TAG = re.compile(r"[a-z]{1,8}(?:-[a-z0-9]{1,8})*", re.ASCII)
_MASK = re.compile(r"[0-7]{1,4}", re.ASCII)
_MOST_NAME = 253


def ignored(argument: str) -> None:
    """Ignore the argument of a verb that takes no argument: PASV, PWD, CDUP, NOOP, SYST, QUIT, ABOR, REIN, CCC."""


def nothing(argument: str) -> None:
    """Refuse an argument of FEAT, which must not have an argument (RFC 2389 section 3.1).

    :raises BadArgument: there is an argument.
    """
    if argument:
        raise BadArgument("No argument is allowed.")


def text(argument: str) -> str:
    """Return an argument unchanged.

    :raises BadArgument: the argument is missing.
    """
    if not argument:
        raise BadArgument("An argument is wanted.")
    return argument


def optional_text(argument: str) -> str:
    """Return an argument unchanged, or an empty text if it is missing."""
    return argument


def path(argument: str) -> str:
    """Return a path unchanged, before it is joined to the working directory.

    :raises BadArgument: the path is missing.
    """
    if not argument:
        raise BadArgument("A path is wanted.")
    return argument


def optional_path(argument: str) -> str:
    """Return a path unchanged, or an empty text if it is missing."""
    return argument


def representation(argument: str) -> Representation:
    """Parse the argument of TYPE (RFC 959 section 3.1.1; RFC 1123 section 4.1.2.1 for T).

    :raises BadArgument: the type code or its parameter is invalid.
    :raises UnsupportedParameter: for EBCDIC, carriage control, and bytes that do not have 8 bits.
    """
    code, *parameters = _words(argument)
    if code in ("A", "E") and len(parameters) <= 1 and (not parameters or parameters[0] in ("N", "T", "C")):
        form = parameters[0] if parameters else "N"
        if code == "E" or form == "C":
            raise UnsupportedParameter("Only TYPE A N, A T, I and L 8 are supported.")
        return Representation(type=RepresentationType.ASCII, format=form)
    if code == "I" and not parameters:
        return Representation(type=RepresentationType.IMAGE)
    size = code[1:] if code.startswith("L") and code != "L" else "".join(parameters[:1])
    if code.startswith("L") and digits_only(size) and len(parameters) <= 1 and (code == "L" or not parameters):
        if size.lstrip("0") != "8":
            raise UnsupportedParameter("Only bytes of 8 bits are supported.")
        return Representation(type=RepresentationType.IMAGE)
    if len(code) == 1 and code.isalpha() and code not in "AEIL":
        raise UnsupportedParameter("Only TYPE A N, A T, I and L 8 are supported.")
    raise BadArgument("TYPE wants A, I or L 8.")


def structure(argument: str) -> None:
    """Parse the argument of STRU, of which only F is supported (RFC 959 section 3.1.2).

    :raises UnsupportedParameter: for record and page structure.
    :raises BadArgument: anything else.
    """
    _letter(argument, right="F", known="RP", text="Only STRU F is supported.")


def mode(argument: str) -> None:
    """Parse the argument of MODE, of which only S is supported (RFC 959 section 3.4).

    :raises UnsupportedParameter: for block, compressed and deflate mode.
    :raises BadArgument: anything else.
    """
    _letter(argument, right="S", known="BCZ", text="Only MODE S is supported.")


def offset(argument: str) -> int:
    """Return a restart offset, 0 to 2**63-1 (RFC 3659 section 5.3).

    :raises BadArgument: anything else.
    """
    return whole_number(argument.strip(" "))


def allocation(argument: str) -> int:
    """Return the bytes of ALLO; the record size after them is checked and dropped (RFC 959 section 4.1.3).

    :raises BadArgument: an argument is not a number.
    """
    octets, *rest = _words(argument)
    if rest and (len(rest) != 2 or rest[0] != "R"):
        raise BadArgument("ALLO wants a number of bytes.")
    for number in rest[1:]:
        whole_number(number)
    return whole_number(octets)


def host_name(argument: str) -> str:
    """Return HOST's argument in lower case: a name of A-labels, an IPv4 address, or ``[IPv6]`` (RFC 7151 section 3.1).

    :raises BadArgument: anything else, including a port or a trailing dot.
    """
    host = argument.strip(" ").lower()
    labels = host.split(".")
    try:
        if host.startswith("[") and host.endswith("]") and "%" not in host:
            return f"[{IPv6Address(host[1:-1])}]"
        if digits_only(labels[-1]):
            return str(IPv4Address(host))
    except AddressValueError as problem:
        raise BadArgument("HOST wants a host name or an address.") from problem
    if len(host) > _MOST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadArgument("HOST wants a host name or an address.")
    return host


def mechanism(argument: str) -> bool:
    """Return the mechanism of AUTH, and whether it starts with protected data connections, as SSL does.

    RFC 4217 section 2 has only TLS.  Earlier drafts had SSL (and TLS-P) with PROT P, and TLS-C with PROT C, and clients
    of that time do not send PROT.  curl, a later client, asks for SSL first and then sends PROT.

    :raises UnsupportedParameter: the mechanism is unknown.
    """
    name = text(argument).strip(" ").upper()
    if name not in ("TLS", "TLS-C", "SSL"):
        raise UnsupportedParameter("The mechanisms are TLS, TLS-C and SSL.")
    return name == "SSL"


def buffer_size(argument: str) -> None:
    """Return the number of PBSZ, up to 2**32 - 1; it is only checked, as TLS has its own sizes (RFC 4217 section 8)."""
    if whole_number(text(argument).strip(" ")) >= 2**32:
        raise BadArgument("A number of at most 32 bits is expected.")


def protection(argument: str) -> str:
    """Return the level of PROT in upper case: C, P, and S and E, which TLS does not have (RFC 2228 section 3).

    :raises UnsupportedParameter: the level is unknown.
    """
    level = text(argument).strip(" ").upper()
    if level not in ("C", "P", "S", "E"):
        raise UnsupportedParameter("The levels are C and P.")
    return level


def language(argument: str) -> str:
    """Return the tag of LANG in lower case; empty means the default language (RFC 2640 section 4.1).

    :raises BadArgument: the argument is not a language tag.
    """
    tag = argument.strip(" ").lower()
    if tag and _TAG.fullmatch(tag) is None:
        raise BadArgument("LANG wants a language tag.")
    return tag


def octal_mask(argument: str) -> int | None:
    """Return the mask of SITE UMASK, 0 to 0o777, or None if the client only asks for it.

    :raises BadArgument: anything else.
    """
    digits = argument.strip(" ")
    if not digits:
        return None
    if _MASK.fullmatch(digits) is None or int(digits, 8) > 0o777:
        raise BadArgument("A mask of octal digits is wanted.")
    return int(digits, 8)


def seconds(argument: str) -> int | None:
    """Return the seconds of SITE IDLE, or None if the client only asks for them.

    :raises BadArgument: the argument is not a number.
    """
    digits = argument.strip(" ")
    return whole_number(digits) if digits else None


def _words(argument: str) -> list[str]:
    """Return the words of an argument in upper case; there is at least one word."""
    words = argument.upper().split(" ")
    return [word for word in words if word] or [""]


def _letter(argument: str, *, right: str, known: str, text: str) -> None:
    letter = argument.strip(" ").upper()
    if letter == right:
        return
    if len(letter) == 1 and letter in known:
        raise UnsupportedParameter(text)
    raise BadArgument(text)
