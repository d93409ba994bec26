"""The verb and the argument of a request as events and tracers tell them, without secrets, even if PASS is misspelt."""

from __future__ import annotations

from ftpd_service.commands.command import AnyCommand
from ftpd_service.commands.site import SUB_VERBS, site
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.session import Session
from ftpd_service.wire.request import SECRETS, Request

_STARS = "****"
_SECRET_LETTERS = 4
_LETTERS_OF_SECRETS = frozenset("PASSWORDACCT")
"""A verb of these letters alone is likely a misspelt PASS or ACCT."""


def shown_verb(request: Request, command: AnyCommand | None) -> str:
    """Return the verb; stars replace what may be a secret without a space before it, as in ``PASSsecret``.

    :param command: the command of the verb, or None for an unknown verb.
    """
    verb = request.verb
    if command is not None or verb[:_SECRET_LETTERS] not in SECRETS:
        return verb
    return f"{verb[:_SECRET_LETTERS]}{_STARS}"


def shown_argument(request: Request, command: AnyCommand | None, session: Session) -> str:
    """Return the argument, with stars for a secret.

    An unknown verb may be a misspelt PASS, and an unknown command of SITE may change a password (``SITE PSWD``).
    After the login, operators look for verbs that a client misses.

    :param command: see `shown_verb`.
    """
    argument = request.argument
    if command is None:
        told = isinstance(session.login, LoggedIn) and not _LETTERS_OF_SECRETS.issuperset(request.verb)
        return argument if told or not argument else _STARS
    if command.facts.secret:
        return _STARS
    if command is site:
        word, blank, rest = argument.lstrip(" ").partition(" ")
        if rest and word.upper() not in SUB_VERBS:
            return f"{word}{blank}{_STARS}"
    return argument
