"""Explains why an account may do something, or may not: the text of ``ftpd-service explain``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftpd_service.account import LiveAccount
from ftpd_service.admin.rehearsal import VERB_TABLE, Client, Outcome, moved_or_copied, rehearse
from ftpd_service.commands.command import Facts
from ftpd_service.commands.needs import Access, Needs
from ftpd_service.commands.site import SUB_VERBS
from ftpd_service.policy.decisions import Decision
from ftpd_service.policy.equal_names import equal_names
from ftpd_service.policy.live_rules import LiveRules
from ftpd_service.session.sequence import OneShot
from ftpd_service.values import EntryKind, Permissions, VirtualPath
from ftpd_service.wire import paths

Kind = EntryKind | None
"""The object at a path; None is a free path."""

_WORDS: dict[Kind, str] = {
    None: "a new name",
    EntryKind.FILE: "an existing file",
    EntryKind.DIRECTORY: "a directory",
    EntryKind.DANGLING: "a link that leads nowhere",
    EntryKind.UNFINISHED: "an unfinished upload",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of an operator about a client, a verb and a path."""

    client: Client
    verb: str
    """The verb, or SITE and a sub-verb, in upper case: `facts_of_verb` knows it."""
    path: VirtualPath
    standing: Kind | str
    """The object at the path, or the reason why it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer, with its reasons."""

    outcome: Outcome
    decision: Decision | None
    """The rule that decides about the path; None if the verb touches no file, or no login succeeds."""
    lines: tuple[str, ...]


def facts_of_verb(verb: str) -> Facts | None:
    """Return the declaration of a verb, or of SITE and a sub-verb, in upper case."""
    first, _, rest = verb.partition(" ")
    found = SUB_VERBS.get(rest) if first == "SITE" and rest else VERB_TABLE.find(verb)
    return None if found is None else found.facts


def explain(question: Question) -> Explanation:
    """Return the answer to a question."""
    facts = facts_of_verb(question.verb)
    assert facts is not None, "the command line has looked for it"
    if facts.access is None:
        return _without_path(question)
    kind = _tried(facts.access, question.standing)
    outcome = _outcome(question, facts, kind)
    if outcome.at_login:
        return Explanation(outcome=outcome, decision=None, lines=(_headline(question, outcome), f"  {outcome.reason}"))
    decision = _decision(question, outcome.path or question.path)
    lines = [_headline(question, outcome), f"  {_decision_text(decision)}", *_reasons(question, outcome, facts, kind)]
    return Explanation(outcome=outcome, decision=decision, lines=(*lines, *_others(question, facts, kind)))


def _without_path(question: Question) -> Explanation:
    outcome = rehearse(question.client, "NOOP", "", {})
    text = "the verb touches no file, so no rule decides" if outcome.allowed else outcome.reason
    return Explanation(outcome=outcome, decision=None, lines=(_headline(question, outcome), f"  {text}"))


def _tried(access: Access, standing: Kind | str) -> Kind:
    """Return the object that the answer is about: what is there, or else an object that the verb is for."""
    if isinstance(standing, EntryKind) or (standing is None and access.free is not None):
        return standing
    if access.free is not None:
        return None
    return EntryKind.FILE if access.file is not None else EntryKind.DIRECTORY


def _outcome(question: Question, facts: Facts, kind: Kind) -> Outcome:
    assert facts.access is not None
    client, path = question.client, question.path
    if facts.needs & OneShot.PATHS:
        verbs = ("RNFR", "RNTO") if facts.verb == "RNTO" else ("CPFR", "CPTO")
        return moved_or_copied(client, verbs, (paths.child(paths.parent(path), "another name"), path), kind)
    first, _, sub_verb = question.verb.partition(" ")
    argument = facts.access.argument.format(path=path)
    return rehearse(client, first, f"{sub_verb} {argument}".strip(), {path: kind})


def _decision(question: Question, path: VirtualPath) -> Decision:
    account, settings = question.client.account, question.client.settings
    equal = equal_names(account.names.over(settings.names))
    return LiveRules(LiveAccount(account), equal).current().allowed(path)


def _headline(question: Question, outcome: Outcome) -> str:
    peer = question.client.peer
    asked = f"{question.verb} {question.path} by {question.client.account.name}"
    asked += f" from {peer.address}, {'with' if peer.secure else 'without'} TLS"
    if outcome.allowed:
        return f"allowed: {asked}"
    return f"refused ({outcome.code}){' at the login' if outcome.at_login else ''}: {asked}"


def _decision_text(decision: Decision) -> str:
    granted = ", ".join(decision.permissions.words()) or "nothing"
    if decision.permissions == Permissions.ALL:
        granted = "everything"
    if decision.pattern:
        return f"rule {decision.rule} ({decision.pattern}) allows {granted}"
    return f"no rule matches; {decision.rule}: {granted}"


def _reasons(question: Question, outcome: Outcome, facts: Facts, kind: Kind) -> Iterator[str]:
    if kind is not None and question.standing is None:
        yield f"  there is no such name now; this is the answer for {_WORDS[kind]}"
    if isinstance(question.standing, str):
        yield f"  {question.standing}; this is the answer for {_WORDS[kind]}"
    if outcome.allowed:
        return
    yield f"  {outcome.reason}"
    needs = _needs(facts, kind)
    if needs is not None and outcome.rule == _decision(question, outcome.path or question.path).rule:
        yield f"  {question.verb} of {_WORDS[kind]} needs: {needs.text()}"


def _others(question: Question, facts: Facts, tried: Kind) -> Iterator[str]:
    """Yield the answers for other objects at the path, where they differ."""
    first = _outcome(question, facts, tried).allowed
    for kind in (None, EntryKind.FILE, EntryKind.DIRECTORY):
        needs = _needs(facts, kind)
        if kind == tried or needs is None:
            continue
        outcome = _outcome(question, facts, kind)
        if outcome.allowed != first:
            said = "allowed" if outcome.allowed else f"refused ({outcome.code})"
            yield f"  {question.verb} of {_WORDS[kind]} is {said}, and needs: {needs.text()}"


def _needs(facts: Facts, kind: Kind) -> Needs | None:
    assert facts.access is not None
    access = facts.access
    return {None: access.free, EntryKind.FILE: access.file, EntryKind.DIRECTORY: access.directory}.get(kind)
