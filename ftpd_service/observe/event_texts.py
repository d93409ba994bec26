"""The text of each event, as the log shows it to people; pure.

Each text of a session begins with the session, followed by the client's address or the account.  Texts that a client
may have chosen come last, quoted and escaped, so that no name can imitate a line or a different part of its line.  Only
this module puts line ends into texts.  A line that begins with a tab belongs to the line before it.
"""

from __future__ import annotations

import traceback

from ftpd_service import events, hook_log_events
from ftpd_service.observe.escapes import escaped, quoted


def traceback_of(exception: BaseException) -> str:
    """Return the traceback of an exception, in which only line ends are not printable."""
    return escaped("".join(traceback.format_exception(exception)).rstrip("\n"), kept="\n")


_Of = hook_log_events.HookFinished | hook_log_events.HookFailed
_Judged = hook_log_events.VerdictGiven | hook_log_events.VerdictFailed


def _account(name: str | None) -> str:
    return "-" if name is None else quoted(name)


def _command_line(verb: str, argument: str) -> str:
    return f"{escaped(verb)} {quoted(argument)}" if argument else escaped(verb)


def _left_out(untold: int | None, text: str) -> str:
    return f" ({untold} {text} left out of the log)" if untold else ""


def started(event: events.SessionStarted) -> str:
    peer = event.peer
    address = f"[{peer.address_text}]" if peer.address.version == 6 else peer.address_text
    return f"{event.session} connected from {address}:{peer.port}"


def refused_session(event: events.SessionRefused) -> str:
    untold = _left_out(event.untold, "refusals before it were")
    return f"refused {event.peer.address_text}: {escaped(event.reason)}{untold}"


def banned(event: events.BanMade) -> str:
    until = "until an operator lifts it" if event.seconds is None else f"for {event.seconds:.0f} s"
    return f"ban of {escaped(event.kind)} {quoted(event.subject)} {until}: {escaped(event.reason)}"


def unbanned(event: events.BanLifted) -> str:
    return f"ban of {escaped(event.kind)} {quoted(event.subject)} was lifted"


def ignored(event: events.ConnectionIgnored) -> str:
    return f"no session for {escaped(event.address)}: {escaped(event.reason)}"


def no_proxy(event: events.ProxyRefused) -> str:
    return (
        f"refused {escaped(event.address)} at {escaped(event.listener)}: it may not send a PROXY header; "
        f"if it is a proxy, add it to the listener's key proxies{_left_out(event.untold, 'more were')}"
    )


def reloaded(event: events.ConfigurationReloaded) -> str:
    return "\n".join((*map(escaped, event.differences), "the configuration was read again"))


def reload_failed(event: events.ReloadFailed) -> str:
    return "\n".join((*map(escaped, event.mistakes), "the old configuration stays in force"))


def replaced(event: events.CertificatesReplaced) -> str:
    return f"the certificates were read again: {escaped(event.path)}"


def certificates_refused(event: events.CertificatesRefused) -> str:
    return f"{escaped(event.reason)}; the old certificates stay in force"


def administered(event: events.Administered) -> str:
    return f"{_command_line(event.verb, event.argument)} by operator {quoted(event.who)}: {escaped(event.outcome)}"


def ended(event: events.SessionEnded) -> str:
    tls = f" ({event.tls})" if event.tls else ""
    untold = _left_out(event.untold, "refusals were")
    return f"{event.session} ended after {event.seconds:.1f} s: {escaped(event.reason + tls)}{untold}"


def tls_started(event: events.TlsStarted) -> str:
    return f"{event.session} {event.peer.address_text} TLS begins: {escaped(event.text)}"


def tls_ended(event: events.TlsEnded) -> str:
    return f"{event.session} {event.peer.address_text} TLS ends: the control connection is in clear"


def tls_failed(event: events.TlsFailed) -> str:
    return f"{event.session} {event.peer.address_text} TLS handshake failed"


def no_shared_cipher(event: events.NoSharedCipher) -> str:
    text = f"{event.session} {event.peer.address_text} TLS handshake failed"
    return f"{text}: {escaped(event.text)} (said once for each address)"


def login(event: events.LoginSucceeded) -> str:
    return f"{event.session} {event.peer.address_text} login of {quoted(event.account)}"


def login_failed(event: events.LoginFailed) -> str:
    """Call only wrong guesses ``login failed``, so that no client is banned because a checker is down."""
    outcome = "login failed" if event.wrong else "login not granted"
    return f"{event.session} {event.peer.address_text} {outcome} for {quoted(event.name)}: {escaped(event.reason)}"


def command(event: events.CommandFinished) -> str:
    text = f"{event.session} {_account(event.account)} {_command_line(event.verb, event.argument)}"
    return f"{text} -> {event.code} in {event.seconds:.4f} s"


def refused(event: events.Refused) -> str:
    text = f"{event.session} {event.peer.address_text} {_account(event.account)}"
    place = "" if event.path is None else f" at {quoted(event.path)}"
    untold = _left_out(event.untold, "refusals before it were")
    verb = _command_line(event.verb, event.argument)
    return f"{text} {verb} refused with {event.code}{place}: {escaped(event.reason)}{untold}"


def transfer_started(event: events.TransferStarted) -> str:
    return f"{event.session} {quoted(event.account)} {escaped(event.verb)} {quoted(event.path)} begins"


def transfer_finished(event: events.TransferFinished) -> str:
    text = f"{event.session} {quoted(event.account)} {escaped(event.verb)} {quoted(event.path)}"
    place = "" if event.quarantined is None else f", in the quarantine as {quoted(event.quarantined)}"
    grade = "" if event.grade is None else f", {event.grade_word} ({event.evidence_word})"
    return f"{text}: {escaped(event.outcome)}, {event.octets} bytes in {event.seconds:.3f} s{grade}{place}"


def quarantine_failed(event: events.QuarantineFailed) -> str:
    text = f"{event.session} {quoted(event.account)} {quoted(event.path)}: the broken upload is not in the quarantine"
    return f"{text}: {escaped(event.reason)}"


def removed(event: events.FileRemoved) -> str:
    return f"{event.session} {quoted(event.account)} DELE {quoted(event.path)}"


def changed(event: events.DirectoryChanged | events.AttributesChanged) -> str:
    return f"{event.session} {quoted(event.account)} {escaped(event.verb)} {quoted(event.path)}"


def tree_removed(event: events.TreeRemoved) -> str:
    text = f"{event.session} {quoted(event.account)} {escaped(event.verb)} {quoted(event.path)}"
    counts = f"{event.files} files and {event.directories} directories removed"
    return f"{text}: {counts}{'' if event.whole else ', some entries stay'}"


def renamed(event: events.Renamed) -> str:
    return f"{event.session} {quoted(event.account)} RNTO {quoted(event.source)} -> {quoted(event.target)}"


def copied(event: events.FileCopied) -> str:
    return f"{event.session} {quoted(event.account)} CPTO {quoted(event.source)} -> {quoted(event.target)}"


def data_failed(event: events.DataConnectionFailed) -> str:
    return f"{event.session} data connection of {event.peer.address_text}: {escaped(event.reason)}"


def exhausted(event: events.ResourcesExhausted) -> str:
    return (
        f"{event.session} {escaped(event.verb)} failed: the server is short of resources ({escaped(event.reason)}); "
        "raise the limits of the service (LimitNOFILE, MemoryMax, TasksMax), or lower limits.sessions"
    )


def unexpected(event: events.UnexpectedError) -> str:
    return "\n\t".join((f"{event.session} {escaped(event.verb)} failed", *traceback_of(event.exception).split("\n")))


def _run(event: _Of) -> str:
    """Return the beginning of a text about an action, with the rule before the client's texts."""
    place = "" if event.path is None else f" of {quoted(event.path)}"
    return (
        f"rule {escaped(event.rule)}, {escaped(event.action)}, for {event.trigger.value} {escaped(event.id)} by "
        f"{_account(event.account)}{place}"
    )


def hook_finished(event: hook_log_events.HookFinished) -> str:
    return f"{_run(event)}: done at try {event.attempt} in {event.seconds:.3f} s"


def hook_failed(event: hook_log_events.HookFailed) -> str:
    after = "" if event.retry_seconds is None else f"; it is tried again in {event.retry_seconds:.1f} s"
    if event.dead:
        after = f"; it is a dead letter: ftpd-service events show {escaped(event.id)}"
    return f"{_run(event)}: try {event.attempt} failed after {event.seconds:.3f} s{after}: {escaped(event.reason)}"


def hook_events_dropped(event: hook_log_events.HookEventsDropped) -> str:
    return f"{event.count} events were dropped, and no rule is told of them: {escaped(event.reason)}"


def _judged(event: _Judged) -> str:
    """Return the beginning of a text about a stage."""
    path = "-" if event.path is None else quoted(event.path)
    session = "-" if event.session is None else escaped(event.session)
    return f"{session} {_account(event.account)} {path}: stage {escaped(event.stage)}"


def verdict_given(event: hook_log_events.VerdictGiven) -> str:
    text = f": {escaped(event.text)}" if event.text else ""
    return f"{_judged(event)} says {event.ruling.value} after {event.seconds:.3f} s{text}"


def verdict_failed(event: hook_log_events.VerdictFailed) -> str:
    fault = "timed out" if event.timed_out else "failed"
    text = f"{fault} after {event.seconds:.3f} s, so the ruling is {event.ruling.value}"
    return f"{_judged(event)} {text}: {escaped(event.reason)}"
