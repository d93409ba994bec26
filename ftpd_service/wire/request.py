"""The step from a line to a Request with verb and argument (RFC 959 section 5.3; RFC 3659 section 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ftpd_service.errors import BadArgument, BadSyntax
from ftpd_service.wire import names

_VERB = re.compile(rb"[A-Za-z0-9@]{1,16}")
_REMNANTS = bytes([*range(0x20), 0x7F, *range(0xF0, 0x100)])
"""The bytes that IP and DM leave before ABOR, with urgent data or without (lftp, BSD ftp, Perl libnet)."""

_FOREIGN = frozenset({"GET", "POST", "HEAD", "OPTIONS", "CONNECT", "HELO", "EHLO", "RCPT", "DATA"})


SECRETS = frozenset({"PASS", "ACCT"})
"""The verbs whose argument is never shown: those that declare it (`secret`)."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Request:
    """A command line: the verb in upper case, and its unchanged argument, which may be empty."""

    verb: str
    argument: str

    def __repr__(self) -> str:
        argument = "'****'" if self.verb.upper() in SECRETS else repr(self.argument)
        return f"Request(verb={self.verb!r}, argument={argument})"


def verb_of(line: bytes) -> bytes:
    """Return the verb of a line in upper case, even if the rest of the line is malformed."""
    return line.lstrip(_REMNANTS).partition(b" ")[0].upper()


def parse_request(line: bytes) -> Request | None:
    """Return the request in a line, or None for an empty line, which gets no reply.

    Exactly one space separates verb and argument; all further bytes belong to the argument (RFC 3659 section 2.2).

    :raises BadSyntax: the line does not begin with a verb.
    :raises BadArgument: the line contains a NUL byte.
    """
    line = line.lstrip(_REMNANTS)
    if not line:
        return None
    if b"\0" in line:
        raise BadArgument("A command line cannot hold NUL.")
    verb, _, argument = line.partition(b" ")
    if not argument:
        return _bare(verb)
    return Request(verb=_checked(verb), argument=names.decode(argument))


@lru_cache(maxsize=256)
def _bare(verb: bytes) -> Request:
    """A request without an argument: remembered, as clients send the same few again and again."""
    return Request(verb=_checked(verb), argument="")


def _checked(verb: bytes) -> str:
    if _VERB.fullmatch(verb) is None:
        raise BadSyntax("Syntax error, command unrecognized.")
    return verb.decode("ascii").upper()


def foreign_protocol(request: Request) -> bool:
    """Return whether a line is HTTP or SMTP, as from a browser that an attacker tricked into using this port."""
    verb = request.verb.upper()
    return verb in _FOREIGN or (verb == "MAIL" and request.argument.lstrip(" ").upper().startswith("FROM"))
