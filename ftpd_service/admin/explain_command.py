"""The sub-command ``explain``: whether an account may do something, and which rule decides."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import click

from ftpd_service.account import Account
from ftpd_service.admin.accounts_of_file import account_of_file, object_at
from ftpd_service.admin.completed_values import any_account
from ftpd_service.admin.explained import Explanation, Question, explain, facts_of_verb
from ftpd_service.admin.printed import print_json
from ftpd_service.admin.rehearsal import Client
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
@click.argument("verb")
@click.argument("path", default=ROOT)
@click.option("--from", "address", default="127.0.0.1", show_default=True, help="The address of the client.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
    help="The local time of the login.  Default: now.",
)
@click.option("--tls/--no-tls", default=None, help="Whether the client uses TLS.  Default: if there is a certificate.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain_command(
    config: str, /, name: str, verb: str, path: str, address: str, at: datetime | None, tls: bool | None, as_json: bool
) -> None:
    """Say whether the account NAME may use VERB for PATH, and which rule decides.

    The exit status is 0 if the server allows it, 1 if the server refuses it, and 2 for a mistake in the question.  The
    password counts as right.  A sub-verb of SITE is given with SITE, as in "SITE CHMOD".
    """
    verb = " ".join(verb.upper().split())
    if facts_of_verb(verb) is None:
        raise _Mistake(f"there is no verb {verb}; docs/verbs.rst lists all")
    loaded = _loaded(config)
    peer = _peer(address, secure=(loaded.tls is not None) if tls is None else tls)
    try:
        account = account_of_file(loaded, name)
    except click.ClickException as problem:
        raise _Mistake(problem.message) from problem
    except LoginRefused as problem:
        _say([f"refused (530) at the login: {verb} {path} by {name}", f"  {problem}"], as_json=as_json)
        sys.exit(_REFUSED)
    place = paths.join(ROOT, path)
    explanation = explain(
        Question(
            client=_client(loaded, account, peer, datetime.now() if at is None else at),
            verb=verb,
            path=place,
            standing=object_at(loaded, account, place),
        )
    )
    _say(explanation.lines, explanation, as_json=as_json)
    sys.exit(0 if explanation.outcome.allowed else _REFUSED)


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
    settings = replace(config.session, banner=listener.banner, tls=listener.tls, tls_available=available)
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
