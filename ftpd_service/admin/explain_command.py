"""The sub-command ``explain``: whether an account may do something, and which rule decides."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from ftpd_service.account import Account
from ftpd_service.admin.accounts_of_file import account_of_file, object_at
from ftpd_service.admin.completed_values import any_account
from ftpd_service.admin.explained import Explanation, Question, explain, facts_of_verb
from ftpd_service.admin.printed import print_json
from ftpd_service.admin.rehearsal import Client
from ftpd_service.admin.service_connection import connected
from ftpd_service.admin_socket.told_rights import account_with
from ftpd_service.config.load import load
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.schema import Config
from ftpd_service.errors import LoginRefused
from ftpd_service.session.settings import ListenerTls
from ftpd_service.values import ROOT, Peer, unmapped
from ftpd_service.wire import paths

_REFUSED = 1


class _Mistake(click.ClickException):
    """The question cannot be understood."""

    exit_code = 2


@click.command("explain")
@click.argument("name", shell_complete=any_account)
@click.argument("verb", required=False)
@click.argument("path", required=False)
@click.option("--session", metavar="ID", help="In place of NAME: a session of the running service, with its rights.")
@click.option("--from", "address", metavar="ADDRESS", help="The address of the client.  Default: 127.0.0.1.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
    help="The local time of the login.  Default: now.",
)
@click.option("--tls/--no-tls", default=None, help="Whether the client uses TLS.  Default: if there is a certificate.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain_command(
    config: str,
    /,
    name: str,
    verb: str | None,
    path: str | None,
    session: str | None,
    as_json: bool,
    **login: Any,  # Any: click's values of the options that a session has itself
) -> None:
    """Say whether the account NAME may use VERB for PATH, and which rule decides.

    The exit status is 0 if the server allows it, 1 if the server refuses it, and 2 for a mistake in the question.  The
    password counts as right.  A sub-verb of SITE is given with SITE, as in "SITE CHMOD".

    With --session ID the words are VERB [PATH].  The running service tells the session's account, with the rules that
    are in force there, also of accounts that are in no file.
    """
    words = [word for word in (name, verb, path) if word is not None]
    if session is None:
        if len(words) < 2:
            raise click.UsageError("NAME and VERB must be given")
        question = _of_file(config, *_verb_and_path(words[1:]), name=name, as_json=as_json, **login)
    else:
        if len(words) > 2 or any(value is not None for value in login.values()):
            raise click.UsageError("with --session only VERB and PATH are given: the session has all else")
        question = _of_session(config, *_verb_and_path(words), session=session)
    explanation = explain(question)
    _say(explanation.lines, explanation, as_json=as_json)
    sys.exit(0 if explanation.outcome.allowed else _REFUSED)


def _verb_and_path(words: Sequence[str]) -> tuple[str, str]:
    verb = " ".join(words[0].upper().split())
    if facts_of_verb(verb) is None:
        raise _Mistake(f"there is no verb {verb}; docs/verbs.rst lists all")
    return verb, words[1] if len(words) > 1 else ROOT


def _of_file(
    config: str,
    verb: str,
    path: str,
    /,
    *,
    name: str,
    as_json: bool,
    address: str | None,
    at: datetime | None,
    tls: bool | None,
) -> Question:
    """Return the question about a login that begins now."""
    loaded = _loaded(config)
    peer = _peer(address or "127.0.0.1", secure=(loaded.tls is not None) if tls is None else tls)
    try:
        account = account_of_file(loaded, name)
    except click.ClickException as problem:
        raise _Mistake(problem.message) from problem
    except LoginRefused as problem:
        _say([f"refused (530) at the login: {verb} {path} by {name}", f"  {problem}"], as_json=as_json)
        sys.exit(_REFUSED)
    return _question(loaded, _client(loaded, account, peer, datetime.now() if at is None else at), verb, path)


def _of_session(config: str, verb: str, path: str, /, *, session: str) -> Question:
    """Return the question about a session of the running service."""
    with connected(config) as service:
        told = service.ask("rights", id=session)
    loaded = _loaded(config)
    peer = _peer(told["session"]["address"], secure=told["session"]["tls"])
    return _question(loaded, _client(loaded, account_with(told["rights"]), peer, datetime.now()), verb, path)


def _question(config: Config, client: Client, verb: str, path: str) -> Question:
    place = paths.join(ROOT, path)
    return Question(client=client, verb=verb, path=place, standing=object_at(config, client.account, place))


def _loaded(config: str) -> Config:
    try:
        return load(config, os.environ)
    except ConfigError as problem:
        raise _Mistake("\n".join(problem.lines())) from problem


def _peer(address: str, *, secure: bool) -> Peer:
    try:
        return Peer(address=unmapped(address), port=0, local_address=unmapped("127.0.0.1"), local_port=0, secure=secure)
    except ValueError:
        raise _Mistake(f"--from: {address!r} is no address") from None


def _client(config: Config, account: Account, peer: Peer, local: datetime) -> Client:
    """Return a client of the listener that suits it best."""
    unfit = (ListenerTls.OFF,) if peer.secure else (ListenerTls.REQUIRED, ListenerTls.IMPLICIT)
    fitting = [one for one in config.listeners if one.tls not in unfit]
    listener = (fitting or config.listeners)[0]
    available = config.tls is not None and listener.tls is not ListenerTls.OFF
    names = listener.names.over(config.session.names)
    settings = replace(config.session, banner=listener.banner, tls=listener.tls, tls_available=available, names=names)
    return Client(account=account, peer=peer, settings=settings, local=local)


def _say(lines: Iterable[str], explanation: Explanation | None = None, *, as_json: bool) -> None:
    if not as_json:
        click.echo("\n".join(lines))
        return
    outcome = None if explanation is None else explanation.outcome
    decision = None if explanation is None else explanation.decision
    told = {
        "allowed": outcome is not None and outcome.allowed,
        "code": 530 if outcome is None else outcome.code,
        "login": outcome is not None and not outcome.at_login,
        "rule": _rule(explanation),
        "pattern": None if decision is None else decision.pattern or None,
        "permissions": None if decision is None else list(decision.permissions.words()),
        "lines": [line.strip() for line in lines],
    }
    print_json(told)


def _rule(explanation: Explanation | None) -> str | None:
    """Return the rule that refused, or else the rule that decides about the path."""
    if explanation is None:
        return None
    own = None if explanation.decision is None else explanation.decision.rule
    return explanation.outcome.rule or own
