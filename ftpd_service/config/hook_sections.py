"""The declarations of ``hooks``: rules about events, and their actions.

An action has exactly one key that names its kind, and the keys that every action may have; the record of its settings
is in `ACTIONS`.  A key that is no kind of ours is looked for among the actions of installed packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, ValidatorFunctionWrapHandler, WrapValidator

from ftpd_service.config import forms, hook_words, service_urls, words
from ftpd_service.config.forms import Form, choice, either, member
from ftpd_service.config.plugged_kinds import PluggedKinds, kinds_expected
from ftpd_service.config.problems import KeyPath
from ftpd_service.config.section import Section, absent, key, required, some
from ftpd_service.hook_events import HookTrigger
from ftpd_service.hooks.python_actions import installed_actions
from ftpd_service.hooks.settings import (
    ActionSettings,
    HttpAction,
    InstalledAction,
    ProgramAction,
    PythonAction,
    WhenFull,
)
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import Networks

ACTIONS: Mapping[str, type[ActionSettings]] = {
    record.kind: record for record in (HttpAction, ProgramAction, PythonAction)
}
"""The kinds of actions by their keys, with the records of their settings."""

_OF_HTTP = ("secret_file", "authorities", "networks")

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": ["string", "array"], "items": _TEXT, "minLength": 1}

HookId = Annotated[str, PlainValidator(hook_words.hook_id), Form("name", _TEXT)]
OwnTexts = Annotated[
    tuple[str, ...] | None, PlainValidator(hook_words.texts), Form("text or list of texts", _TEXTS, told=None)
]
OwnPatterns = Annotated[
    tuple[str, ...] | None, PlainValidator(hook_words.patterns), Form("pattern or list of patterns", _TEXTS, told=None)
]
_WORDS_OF_TRIGGERS = [trigger.value for trigger in HookTrigger]
Triggers = Annotated[
    frozenset[HookTrigger],
    PlainValidator(hook_words.triggers),
    Form(
        f"{either(tuple(_WORDS_OF_TRIGGERS))}, or a list of them",
        {"anyOf": [{"enum": _WORDS_OF_TRIGGERS}, {"type": "array", "items": {"enum": _WORDS_OF_TRIGGERS}}]},
        told=None,
    ),
]
_WORDS_OF_GRADES = ["proved", "likely", "doubtful"]
OwnGrades = Annotated[
    tuple[UploadGrade, ...] | None,
    PlainValidator(hook_words.grades),
    Form(
        "proved, likely or doubtful, or a list of them",
        {"anyOf": [{"enum": _WORDS_OF_GRADES}, {"type": "array", "items": {"enum": _WORDS_OF_GRADES}}]},
        told=None,
    ),
]
OwnClientNetworks = Annotated[
    Networks | None, PlainValidator(hook_words.client_networks), Form("network or list of networks", _TEXTS, told=None)
]
WebhookUrl = Annotated[str | None, PlainValidator(service_urls.webhook_url), Form("URL", _TEXT, told=None)]
PythonPath = Annotated[str | None, forms.text(), Form("package.module:Name", {"type": "string"}, told=None)]


class WhenSection(Section):
    """The conditions of a rule or a stage, all of which an event has to meet."""

    account: OwnTexts = key(None, "Names of accounts.", to="accounts", example="alice")
    group: OwnTexts = key(None, "Names of groups.", to="groups", example="customers")
    path: OwnPatterns = key(
        None,
        "Patterns of paths, in the forms of ``rules``; a rename meets them by its former or its new path.",
        to="paths",
        example='"/in/**"',
    )
    min_size: forms.OwnSize = key(None, "The least size of the file.", to="min_size", example="1")
    max_size: forms.OwnSize = key(None, "The largest size of the file.", to="max_size", example="10MiB")
    grade: OwnGrades = key(
        None, "Grades of the upload: docs/uploads.rst. Other events have none.", to="grades", example="proved"
    )
    listener: OwnTexts = key(
        None, "Endpoints of listeners, as ``listeners`` has them.", to="listeners", example='"tcp:21"'
    )
    network: OwnClientNetworks = key(None, "Networks of clients.", to="networks", example="192.0.2.0/24")
    outcome: OwnTexts = key(
        None,
        "Words for the outcome, which only some events have: docs/hooks.rst.",
        to="outcomes",
        example="wrong",
    )


class ActionSection(Section):
    """An action of a rule."""

    kinds = tuple(ACTIONS)
    open_ended = True

    http: WebhookUrl = key(
        None,
        "A URL to which the event is posted as JSON: docs/hooks.rst.",
        to="url",
        example='"https://hooks.example.net/ftp"',
    )
    program: forms.OwnCommand = key(
        None,
        "A program and its arguments, which reads the event as JSON on its standard input: docs/hooks.rst. No shell is "
        "used.",
        to="command",
        example="[/usr/lib/acme/import]",
    )
    python: PythonPath = key(
        None, "An importable action, as docs/extending.rst describes it.", to="path", example='"acme.hooks:Publish"'
    )
    options: Annotated[dict[str, object] | None, PlainValidator(words.options), forms.OPTIONS] = key(
        None, "Only with ``python``: the constructor's keyword arguments.", to="options", example="{topic: files}"
    )
    timeout: forms.Duration = key("30s", "The time of each try; a program is ended after it.", to="timeout_seconds")
    retry_for: forms.Duration = key(
        "24h",
        "The time after the first failure in which the action is tried again, with growing pauses. After that the "
        "event is a dead letter: ``ftpd-service events list``.",
        to="retry_seconds",
    )
    secret_file: forms.FilePath = key(
        None,
        "Only with ``http``: a file whose first line is the key of the header ``Ftpd-Signature``. Absent: requests are "
        "not signed.",
        to="secret_file",
        example="hooks.secret",
    )
    authorities: forms.FilePath = key(
        None,
        "Only with ``https://``: a PEM file with the authorities that may sign the server's certificate. Absent: those "
        "of the operating system.",
        to="authorities",
        example="hooks-ca.pem",
    )
    networks: forms.OwnNetworks = key(
        None,
        "Only with ``http``: networks of loopback and link-local addresses to which the host's name may lead. A URL "
        "that names such an address itself, or ``localhost``, needs no entry.",
        to="networks",
        example="[127.0.0.0/8]",
    )

    def settings_record(self) -> type[ActionSettings]:
        """Return the record that takes the settings of the entry."""
        return next(record for kind, record in ACTIONS.items() if getattr(self, kind) is not None)


class InstalledActionSection(ActionSection):
    """An action whose kind is an action of another package that is installed."""

    name: str = key("", "The name of its entry point.", to="name")
    given: dict[str, Any] = key({}, "The constructor's keyword arguments.", to="options")  # Any: as its author declares

    def settings_record(self) -> type[ActionSettings]:
        """Return the record for every action of another package."""
        return InstalledAction


ACTION_KINDS = PluggedKinds(section=ActionSection, own=ACTIONS, installed=installed_actions)
"""The kinds of actions, also those of installed packages."""


def _action(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Return the section of an entry, which may name an action of an installed package."""
    if not isinstance(value, dict):
        return handler(value)
    return ACTION_KINDS.section_of(value, handler, InstalledActionSection)


class HookRuleSection(Section):
    """A rule: events, conditions, and actions."""

    named_by = "id"

    id: HookId = required("The name of the rule in the log, in metrics and in the outbox.", to="rule.id")
    on: Triggers = required("The events that the rule is about.", to="rule.on", example="uploaded")
    when: Annotated[WhenSection, BeforeValidator(absent)] = key(
        {}, "The conditions that an event has to meet.", to="rule.when"
    )
    do: Annotated[
        list[Annotated[ActionSection, WrapValidator(_action)]], BeforeValidator(some), Form("list of actions")
    ] = required(
        "The actions, in their order: each one begins when the one before it has succeeded. Each entry has one of the "
        f"keys {either(tuple(ACTIONS))}, or the name of an action of an installed package: docs/extending.rst.",
        to="actions",
    )


class HooksSection(Section):
    """Rules about events, and how their events are kept."""

    backlog: forms.Count = key(
        100000, "The most events that wait for delivery or are dead letters, counted for each rule.", to="hooks.backlog"
    )
    when_full: Annotated[WhenFull, member(WhenFull), choice(WhenFull)] = key(
        "refuse",
        "What happens beyond ``backlog``, or while the database cannot be written. ``refuse``: changes that "
        "a rule is about get 450. ``drop``: they go on, and their events are dropped and counted.",
        to="hooks.when_full",
    )
    concurrency: forms.Count = key(
        4, "The most programs that run at once, and the most requests to one URL at once.", to="hooks.concurrency"
    )
    rules: Annotated[
        list[HookRuleSection],
        BeforeValidator(hook_words.with_own_ids),
        Form("list of rules"),
    ] = key(
        [],
        "Rules about events: docs/hooks.rst. They need ``database``, which keeps each event until its actions have "
        "succeeded.",
        to="hooks.rules",
        example='[{id: notify, on: uploaded, do: [{http: "https://hooks.example.net/ftp"}]}]',
    )


def in_hooks(section: object, *, database: bool) -> Iterator[tuple[KeyPath, str]]:
    """Yield the contradictions of ``hooks``, from its plain values; values of a wrong shape are skipped.

    :param database: whether the file names a database.
    """
    rules = section.get("rules") if isinstance(section, dict) else None
    if not isinstance(rules, list):
        return
    if rules and not database:
        yield ("hooks", "rules"), "needs the section database, which keeps the events until they are delivered"
    for number, rule in enumerate(rules):
        actions = rule.get("do") if isinstance(rule, dict) else None
        for position, action in enumerate(actions if isinstance(actions, list) else []):
            if isinstance(action, dict):
                yield from _in_action(action, ("hooks", "rules", number, "do", position))


def _in_action(action: dict[object, object], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    kinds = ACTION_KINDS.of(action)
    if len(kinds) != 1 and set(action) <= {*ActionSection.model_fields, *kinds}:
        yield path, kinds_expected(ACTIONS, kinds)
        return
    if action.get("program", ()) is None:
        yield (*path, "program"), "expected a list of a program and its arguments, found nothing"
    for name in _OF_HTTP:
        if name in action and kinds != ["http"]:
            yield (*path, name), "goes only with http"
    if "options" in action and kinds != ["python"]:
        yield (*path, "options"), "goes only with python"
    if "authorities" in action and str(action.get("http")).startswith("http:"):
        yield (*path, "authorities"), "goes only with https://"
