"""The dispatcher: from a request to exactly one Final, by guards, argument parser, sequence and verb."""

from __future__ import annotations

from dataclasses import replace

from ftpd_service.commands.command import AnyCommand
from ftpd_service.commands.context import Context
from ftpd_service.commands.equal_arguments import carry_out
from ftpd_service.commands.for_errors import reply_for
from ftpd_service.commands.guards import guards_of
from ftpd_service.commands.shown import shown_argument, shown_verb
from ftpd_service.commands.table import Table
from ftpd_service.errors import (
    DataProtectionRequired,
    FtpdError,
    NoDataResources,
    OutOfResources,
    PermissionDenied,
    QuotaExceeded,
    RequestError,
    StorageError,
)
from ftpd_service.events import CommandFinished, Refused, ResourcesExhausted, UnexpectedError
from ftpd_service.session.sequence import OneShot, Sequence
from ftpd_service.session.session import Session
from ftpd_service.values import Permissions
from ftpd_service.wire import file_replies, replies
from ftpd_service.wire.charsets import UTF8, Charset
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request

_REFUSALS = 400


class Dispatcher:
    """Carries out requests by a table, for all sessions; every exception ends here.

    :param cancelled: the exception of a cancelled coroutine, so that this module imports no Twisted.
    :ivar finishes: whether an observer wants `CommandFinished`; otherwise no command is timed.
    """

    def __init__(self, table: Table, *, cancelled: type[BaseException], finishes: bool = True) -> None:
        self.table = table
        self._cancelled = cancelled
        self._guards = {command.facts.verb: guards_of(command.facts) for command in table.commands()}
        self.finishes = finishes

    async def run(self, context: Context, request: Request) -> Final:
        """Carry out a request; never raises."""
        began = context.now() if self.finishes else 0.0
        command = self.table.find(request.verb)
        charset = context.session.charset
        if charset is not UTF8:
            # Only now is the set known: earlier verbs that came in the same packet may have changed it.
            request = _in_set(request, command, charset)
        rule: str | None = None
        quota = False
        if command is None:
            context.session.sequence.lapse(OneShot.PATHS)
            final, detail = self._unknown(request), ""
        else:
            try:
                final, detail = await self._attempt(context, command, request)
            except FtpdError as error:
                final, detail, rule = self._failed(context, command, request, error), _detail(error), _rule(error)
                quota = isinstance(error, QuotaExceeded)
            except self._cancelled:
                final, detail = self._interrupted(context, command)
            except Exception as problem:
                final, detail = self._broken(context, command, problem)
            if not context.session.sequence.empty:
                _lapse(context.session.sequence, command, final)
        if self.finishes:
            self._finished(context, request, command, final, context.now() - began)
        if final.code >= _REFUSALS:
            self._refused(context, request, command, (final, detail, rule, quota))
        return final

    def tell(self, session: Session, request: Request) -> None:
        """Tell a request that was read to the tracers of its session, without a secret."""
        command = self.table.find(request.verb)
        if session.charset is not UTF8:
            request = _in_set(request, command, session.charset)
        verb, argument = shown_verb(request, command), shown_argument(request, command, session)
        for tracer in session.tracers:
            tracer.asked(verb, argument)

    def _unknown(self, request: Request) -> Final:
        return replies.not_implemented() if self.table.disabled(request.verb) else replies.unknown_verb()

    async def _attempt(self, context: Context, command: AnyCommand, request: Request) -> tuple[Final, str]:
        facts = command.facts
        try:
            for guard in self._guards[facts.verb]:
                final = guard.refusal(context)
                if final is not None:
                    return final, guard.setting
            argument = command.parse(request.argument)
            if facts.needs is not OneShot.NONE:
                context.session.sequence.demand(facts.needs)
            if facts.transfer:
                self._protected(context)
            return await carry_out(context, command, argument), ""
        finally:
            if facts.transfer:
                # This also follows a refusal: a client that has connected must see an end (RFC 1123 section 4.1.2.6).
                await context.data.finish()

    def _protected(self, context: Context) -> None:
        """Refuse with 522 before the storage looks at the path (RFC 4217 sections 10.2 and 11.4)."""
        session = context.session
        if session.data_protection_required and not session.data_protected:
            raise DataProtectionRequired("PROT P is required for data connections")

    def _failed(self, context: Context, command: AnyCommand, request: Request, error: FtpdError) -> Final:
        running, facts = context.running, command.facts
        if isinstance(error, PermissionDenied) and error.path is not None and running is not None:
            running.path = error.path
        if isinstance(error, OutOfResources | NoDataResources):
            self._short_of_resources(context, facts.verb, error)
        if running is not None and running.cancelled and running.ended_by is not None:
            # An adapter may turn its cancellation into an error of its own.
            return running.ended_by
        column = facts.column if facts.column_of is None else facts.column_of(request.argument)
        return reply_for(error, begun=running is not None and running.begun, column=column)

    def _interrupted(self, context: Context, command: AnyCommand) -> tuple[Final, str]:
        running = context.running
        if running is not None and running.ended_by is not None:
            return running.ended_by, ""
        final = file_replies.transfer_aborted() if command.facts.transfer else file_replies.local_error()
        return final, "" if running is None else running.reason

    def _broken(self, context: Context, command: AnyCommand, problem: Exception) -> tuple[Final, str]:
        session, verb = context.session, command.facts.verb
        context.emit(
            UnexpectedError(
                session=session.id, peer=session.peer, verb=verb, exception=problem, account=session.account_name
            )
        )
        return file_replies.local_error(), f"unexpected {type(problem).__name__}, see its traceback"

    def _short_of_resources(self, context: Context, verb: str, error: FtpdError) -> None:
        session = context.session
        context.emit(
            ResourcesExhausted(
                session=session.id, peer=session.peer, verb=verb, reason=str(error), account=session.account_name
            )
        )

    def _finished(
        self, context: Context, request: Request, command: AnyCommand | None, final: Final, seconds: float
    ) -> None:
        session = context.session
        context.emit(
            CommandFinished(
                session=session.id,
                peer=session.peer,
                verb=shown_verb(request, command),
                argument=shown_argument(request, command, session),
                code=final.code,
                seconds=seconds,
                account=session.account_name,
            )
        )

    def _refused(
        self,
        context: Context,
        request: Request,
        command: AnyCommand | None,
        answer: tuple[Final, str, str | None, bool],
    ) -> None:
        final, detail, rule, quota = answer
        session, running = context.session, context.running
        own = running is not None and command is not None and running.verb == command.facts.verb
        text = final.lines[0].removesuffix(".")
        context.emit(
            Refused(
                session=session.id,
                peer=session.peer,
                account=session.account_name,
                verb=shown_verb(request, command),
                argument=shown_argument(request, command, session),
                code=final.code,
                reason=f"{text}: {detail}" if detail else text,
                untold=session.refusals.told(context.now()),
                path=running.path if running is not None and own else None,
                rule=rule,
                quota=quota,
            )
        )


def _in_set(request: Request, command: AnyCommand | None, charset: Charset) -> Request:
    """Return a request whose argument came in a set; the name and the password of a login have no escapes."""
    of_login = command is None or command.facts.names_account
    argument = charset.secret(request.argument) if of_login else charset.argument(request.argument)
    return replace(request, argument=argument)


def _lapse(sequence: Sequence, command: AnyCommand, final: Final) -> None:
    """Forget the one-shot state that does not outlive a verb; after a refused RNFR also an earlier path."""
    kept = command.facts.keeps
    sequence.lapse(OneShot.ALL & ~(kept if final.code < _REFUSALS else kept & ~OneShot.PATHS))


def _detail(error: FtpdError) -> str:
    """Return the details of an error that the reply leaves out, for the operator."""
    text = str(error)
    if isinstance(error, RequestError):
        # The reply has this text.
        return ""
    rule = _rule(error)
    if rule is None:
        return _SYSTEM.get(text, text) if isinstance(error, PermissionDenied) else text
    if isinstance(error, PermissionDenied) and error.missing:
        words = error.missing.words()
        text = f"the account lacks the permission{'s' if len(words) > 1 else ''} {', '.join(words)}"
        text = "the account lacks every permission" if error.missing == Permissions.ALL else text
    return f"{text} (rule {rule})"


def _rule(error: FtpdError) -> str | None:
    return error.rule if isinstance(error, StorageError) else None


_SYSTEM = {
    "EACCES": "the operating system forbids it to the user of the service (EACCES)",
    "EPERM": "the operating system forbids it to the user of the service (EPERM)",
    "EROFS": "the file system is read-only (EROFS)",
}
"""The texts for refusals of the operating system, which the operator has to resolve there."""
