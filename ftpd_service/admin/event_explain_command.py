"""The sub-command ``events explain``: which rules an event would fire, without a running service."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ftpd_service.admin.accounts_of_file import account_of_file
from ftpd_service.admin.completed_values import any_account
from ftpd_service.admin.explained_rules import ExplainedRule, ExplainedStage, explain_rules, explain_stages
from ftpd_service.admin.printed import json_text, print_json
from ftpd_service.config.load import load
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.schema import Config
from ftpd_service.config.units import size as bytes_of
from ftpd_service.errors import LoginRefused
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hooks.event_json import readable
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import ROOT, VirtualPath, unmapped
from ftpd_service.wire import paths

T = TypeVar("T")

_NONE_FIRES = 1
_MISTAKE = 2
_DIGITS = re.compile(r"[0-9]{1,19}\Z")

_OF_PATHS = frozenset(
    {
        HookTrigger.UPLOADED,
        HookTrigger.DOWNLOADED,
        HookTrigger.DELETED,
        HookTrigger.RENAMED,
        HookTrigger.MADE_DIRECTORY,
        HookTrigger.REMOVED_DIRECTORY,
    }
)


class _Mistaken(click.ClickException):
    """The question cannot be understood."""

    exit_code = _MISTAKE


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    # In the file a number of bytes is a number, but here every word is a text.
    return None if value is None else _read(lambda text: bytes_of(int(text) if _DIGITS.match(text) else text), value)


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    return None if value is None else _read(lambda text: str(unmapped(text)), value)


def _read(read: Callable[[str], T], value: str) -> T:
    try:
        return read(value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from problem


@click.command("explain")
@click.argument("file", required=False)
@click.option("--account", metavar="NAME", shell_complete=any_account, help="The account of the session.")
@click.option(
    "--trigger",
    type=click.Choice([one.value for one in HookTrigger]),
    default=HookTrigger.UPLOADED.value,
    show_default=True,
    help="The kind of the event.",
)
@click.option("--size", callback=_size, metavar="SIZE", help="The size of the file, such as 5000 or 10MiB.")
@click.option(
    "--grade",
    type=click.Choice(["proved", "likely", "doubtful"]),
    help="The grade of the upload.  Default: proved.",
)
@click.option("--from-path", metavar="FILE", help="The former path, of a rename.")
@click.option("--listener", metavar="ENDPOINT", help="Default: the first listener of the configuration.")
@click.option("--address", callback=_address, default="127.0.0.1", show_default=True, help="The client's address.")
@click.option("--outcome", metavar="WORD", help="The outcome of a login, a session, a refusal or a ban.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(config: str, /, as_json: bool, **facts: Any) -> None:  # Any: click's values of the other options
    """Say which rules fire if FILE is uploaded, or if something else happens, and why the others do not.

    Of an upload it also says which stages of the verdict judge it.  No rule is carried out, and no stage is asked.  The
    exit status is 0 if a rule fires or a stage judges, 1 if there is none, and 2 for a mistake in the question.
    """
    loaded = _loaded(config)
    event = _event(loaded, **facts)
    rules, stages = explain_rules(loaded.hooks, event), explain_stages(loaded.hooks.stages, event)
    if as_json:
        told = {"rules": [_told_rule(rule) for rule in rules], "stages": [_told_stage(stage) for stage in stages]}
        print_json({"event": _told_event(event), **told})
    else:
        of_stages = (line for stage in stages for line in _stage_lines(stage))
        of_rules = (line for rule in rules for line in _lines(rule))
        click.echo("\n".join((_first_line(event), *of_stages, *of_rules)))
        if not rules:
            click.echo("the configuration has no rules: hooks.rules")
    sys.exit(0 if any(rule.fires for rule in rules) or any(stage.judges for stage in stages) else _NONE_FIRES)


def _loaded(config: str) -> Config:
    try:
        return load(config, os.environ)
    except ConfigError as problem:
        raise _Mistaken("\n".join(problem.lines())) from problem


def _event(
    config: Config,
    /,
    *,
    file: str | None,
    account: str | None,
    trigger: str,
    listener: str | None,
    address: str,
    from_path: str | None,
    grade: str | None,
    **facts: Any,  # Any: facts that the event takes as they are
) -> HookEvent:
    """Return the event that the options describe."""
    kind = HookTrigger(trigger)
    if kind in _OF_PATHS and file is None:
        raise click.UsageError(f"FILE must be given for {trigger}")
    name, group = _account(config, account)
    endpoint = config.listeners[0].endpoint if listener is None and config.listeners else listener
    banned = kind is HookTrigger.BANNED
    return HookEvent(
        id="",
        trigger=kind,
        time=0.0,
        origin=HookOrigin(
            node="",
            account=name,
            group=group,
            address=address,
            listener=None if banned else endpoint,
        ),
        path=_path(file),
        from_path=_path(from_path),
        grade=UploadGrade(grade or "proved") if kind is HookTrigger.UPLOADED else None,
        **facts,
    )


def _account(config: Config, name: str | None) -> tuple[str | None, str | None]:
    """Return the names of the account and of its group."""
    if name is None:
        return None, None
    try:
        account = account_of_file(config, name)
    except LoginRefused as problem:
        raise _Mistaken(str(problem)) from problem
    except click.ClickException as problem:
        raise _Mistaken(problem.message) from problem
    return account.name, account.group


def _path(text: str | None) -> VirtualPath | None:
    return None if text is None else paths.join(ROOT, text)


def _first_line(event: HookEvent) -> str:
    told = _told_event(event)
    facts = (f"{key} {json_text(value)}" for key, value in told.items() if value is not None and key != "event")
    return f"{event.trigger.value}: {', '.join(facts)}"


def _told_event(event: HookEvent) -> dict[str, object]:
    """Return the facts that are judged, by their keys in the event's object, or else by those of conditions."""
    origin = event.origin
    return {
        "event": event.trigger.value,
        "account": origin.account,
        "group": origin.group,
        "address": origin.address,
        "listener": origin.listener,
        "path": None if event.path is None else readable(event.path),
        "from_path": None if event.from_path is None else readable(event.from_path),
        "size": event.size,
        "grade": None if event.grade is None else event.grade.value,
        "outcome": event.outcome,
    }


def _told_rule(rule: ExplainedRule) -> dict[str, object]:
    return {
        "id": rule.id,
        "fires": rule.fires,
        "unmet": list(rule.unmet),
        "actions": list(rule.actions),
        "lines": list(rule.lines),
    }


def _told_stage(stage: ExplainedStage) -> dict[str, object]:
    return {
        "id": stage.id,
        "judges": stage.judges,
        "unmet": list(stage.unmet),
        "kind": stage.kind,
        "lines": list(stage.lines),
    }


def _stage_lines(stage: ExplainedStage) -> list[str]:
    head = f"stage {stage.id} judges the upload" if stage.judges else f"stage {stage.id} does not judge the upload"
    return [head, *(f"  {json_text(line)[1:-1]}" for line in stage.lines)]


def _lines(rule: ExplainedRule) -> list[str]:
    head = f"rule {rule.id} fires" if rule.fires else f"rule {rule.id} does not fire"
    return [head, *(f"  {json_text(line)[1:-1]}" for line in rule.lines)]
