"""The protocol of programs that check passwords: one JSON object a line each way.

A request has `user`, `password`, `address`, `tls` and `session`.  An answer has `accept`: true, false (the password is
wrong) or null (the name is not the program's).  With true, `user` may rename the account, and all other keys are
settings of the account, as in the configuration.  An answer with `error`, a text for the log, says that the program
cannot tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ftpd_service.auth.credentials import ISessionCredentials


class Nonsense(ValueError):
    """A line is no answer; the text is for the log and quotes nothing of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of a program."""

    accept: bool | None
    """None: the name is not the program's."""
    user: str | None = None
    """The avatar id; None means the name that was asked."""
    account: Mapping[str, object] = field(default_factory=dict)
    """The settings of the account."""
    error: str = ""
    """Why the program cannot tell, in its own words; `accept` is None then."""


def request_line(credentials: ISessionCredentials) -> bytes:
    """Return the request for a login, without the line end.  All characters beyond ASCII are escaped.

    :raises UnicodeDecodeError: the name or the password is not UTF-8, and JSON has no way to say it.
    """
    peer = credentials.peer
    request = {
        "user": credentials.username.decode("utf-8"),
        "password": credentials.password.decode("utf-8"),
        "address": str(peer.address),
        "tls": peer.secure,
        "session": credentials.session,
    }
    return json.dumps(request).encode("ascii")


def read_answer(line: bytes) -> Answer:
    """Read an answer.

    :raises Nonsense: the line is no answer.
    """
    try:
        values = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
    except Nonsense:
        raise
    except (ValueError, RecursionError):
        raise Nonsense("it is no JSON") from None
    if not isinstance(values, dict):
        raise Nonsense("it is no JSON object")
    if isinstance(values.get("error"), str):
        return Answer(accept=None, error=values["error"] or "no reason is given")
    accept = values.pop("accept", "")
    # A number is no answer, although 1 == True.
    if accept is not None and not isinstance(accept, bool):
        raise Nonsense("accept is not true, false or null")
    user = values.pop("user", None)
    if not accept:
        return Answer(accept=accept)
    if user is not None and not _is_name(user):
        raise Nonsense("user is no name")
    return Answer(accept=True, user=user, account=values)


def _is_name(user: object) -> bool:
    """Return whether a value is a text that UTF-8 can express."""
    if not isinstance(user, str) or not user:
        return False
    try:
        return bool(user.encode("utf-8"))
    except UnicodeEncodeError:
        return False


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Nonsense("a key stands twice")
    return values
