"""From a request to exactly one Final: guards, argument parser, sequence, verb; every exception ends here."""

from __future__ import annotations

from ftpd_service.commands.command import Timing
from ftpd_service.commands.context import Context
from ftpd_service.commands.for_errors import reply_for
from ftpd_service.commands.guards import GUARDS, SETTINGS, AnyCommand, Guard
from ftpd_service.commands.table import Table
from ftpd_service.errors import (
    BadSequence,
    DataProtectionRequired,
    FtpdError,
    NoDataResources,
    OutOfResources,
    PermissionDenied,
    RequestError,
)
from ftpd_service.events import CommandFinished, Refused, ResourcesExhausted, UnexpectedError
from ftpd_service.session.sequence import OneShot
from ftpd_service.values import Permissions
from ftpd_service.wire import file_replies, replies
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request

_REFUSALS = 400


class Dispatcher:
    """Carries out requests by a table.  One serves all sessions.

    :param cancelled: the exception that a cancelled coroutine sees at its await, so that no Twisted is imported here.
    :param finishes: whether anybody wants `CommandFinished`; without it no command is timed.
    """

    def __init__(
        self,
        table: Table,
        *,
        cancelled: type[BaseException],
        guards: tuple[Guard, ...] = GUARDS,
        finishes: bool = True,
    ) -> None:
        self.table = table
        self._cancelled = cancelled
        self._guards = guards
        self._finishes = finishes

    def timing(self, request: Request) -> Timing:
        """When this request runs while another does; an unknown verb waits its turn."""
        command = self.table.find(request.verb)
        return Timing.QUEUED if command is None else command.facts.timing(request.argument)

    async def run(self, context: Context, request: Request) -> Final:
        """Carry out a request; never raises, whatever the verb does."""
        began = context.now() if self._finishes else 0.0
        command = self.table.find(request.verb)
        if command is None:
            context.session.sequence.lapse(OneShot.RENAME)
            final, detail = self._unknown(request), ""
        else:
            final, detail = await self._carry_out(context, command, request)
        if self._finishes:
            self._finished(context, request, command, final, context.now() - began)
        if final.code >= _REFUSALS:
            self._refused(context, request, command, final, detail)
        return final

    def _unknown(self, request: Request) -> Final:
        return replies.not_implemented() if self.table.disabled(request.verb) else replies.unknown_verb()

    async def _carry_out(self, context: Context, command: AnyCommand, request: Request) -> tuple[Final, str]:
        facts = command.facts
        try:
            final, detail = await self._attempt(context, command, request)
        except FtpdError as error:
            final = self._refusal(context, command, error)
            detail = _detail(error)
            if isinstance(error, PermissionDenied) and error.path is not None and context.running is not None:
                context.running.path = error.path
            if isinstance(error, OutOfResources | NoDataResources):
                self._short_of_resources(context, facts.verb, error)
        except self._cancelled:
            final, detail = self._interrupted(context, command), ""
        except Exception as problem:
            context.emit(UnexpectedError(session=context.session.id, verb=facts.verb, exception=problem))
            final, detail = file_replies.local_error(), f"unexpected {type(problem).__name__}, see its traceback"
        sequence = context.session.sequence
        if not sequence.empty:
            # A refused RNFR must not leave the path of the one before it.
            kept = facts.keeps if final.code < _REFUSALS else facts.keeps & ~OneShot.RENAME
            sequence.lapse(OneShot.ALL & ~kept)
        return final, detail

    async def _attempt(self, context: Context, command: AnyCommand, request: Request) -> tuple[Final, str]:
        try:
            for guard in self._guards:
                final = guard(context, command, request)
                if final is not None:
                    return final, SETTINGS.get(guard, "")
            argument = command.parse(request.argument)
            facts = command.facts
            if facts.needs is not OneShot.NONE:
                self._in_sequence(context, facts.needs)
            if facts.transfer:
                self._protected(context)
            return await command.run(context, argument), ""
        finally:
            if command.facts.transfer:
                # Also where it was refused: a client that has connected already must see an end (RFC 1123 4.1.2.6).
                await context.data.finish()

    def _in_sequence(self, context: Context, needs: OneShot) -> None:
        if OneShot.RENAME in needs and context.session.sequence.rename_from is None:
            raise BadSequence("Use RNFR first.")

    def _protected(self, context: Context) -> None:
        """522 before the path is looked at (RFC 4217 sections 10.2 and 11.4)."""
        session = context.session
        if session.data_protection_required and not session.data_protected:
            raise DataProtectionRequired("PROT P is required for data connections")

    def _refusal(self, context: Context, command: AnyCommand, error: FtpdError) -> Final:
        running = context.running
        if running is not None and running.cancelled and running.ended_by is not None:
            # An adapter may turn its cancellation into an error of its own.
            return running.ended_by
        return reply_for(error, begun=running is not None and running.begun, column=command.facts.column)

    def _interrupted(self, context: Context, command: AnyCommand) -> Final:
        if context.running is not None and context.running.ended_by is not None:
            return context.running.ended_by
        return file_replies.transfer_aborted() if command.facts.transfer else file_replies.local_error()

    def _short_of_resources(self, context: Context, verb: str, error: FtpdError) -> None:
        session = context.session
        context.emit(ResourcesExhausted(session=session.id, verb=verb, reason=str(error), account=session.account_name))

    def _finished(
        self, context: Context, request: Request, command: AnyCommand | None, final: Final, seconds: float
    ) -> None:
        session = context.session
        context.emit(
            CommandFinished(
                session=session.id,
                verb=request.verb,
                argument=_shown(request, command),
                code=final.code,
                seconds=seconds,
                account=session.account_name,
            )
        )

    def _refused(
        self, context: Context, request: Request, command: AnyCommand | None, final: Final, detail: str
    ) -> None:
        session, running = context.session, context.running
        own = running is not None and command is not None and running.verb == command.facts.verb
        text = final.lines[0].removesuffix(".")
        context.emit(
            Refused(
                session=session.id,
                peer=session.peer,
                account=session.account_name,
                verb=request.verb,
                argument=_shown(request, command),
                code=final.code,
                reason=f"{text}: {detail}" if detail else text,
                path=running.path if running is not None and own else None,
            )
        )


def _shown(request: Request, command: AnyCommand | None) -> str:
    """The argument for events: stars where it is a secret."""
    return "****" if command is not None and command.facts.secret else request.argument


def _detail(error: FtpdError) -> str:
    """For the operator: what the reply does not say of an error."""
    text = str(error)
    if isinstance(error, RequestError):
        # The reply has this text.
        return ""
    if not isinstance(error, PermissionDenied):
        return text
    if error.rule is None:
        return _SYSTEM.get(text, text)
    if error.missing:
        words = error.missing.words()
        text = f"the account lacks the permission{'s' if len(words) > 1 else ''} {', '.join(words)}"
        text = "the account lacks every permission" if error.missing == Permissions.ALL else text
    return f"{text} (rule {error.rule})"


_SYSTEM = {
    "EACCES": "the operating system forbids it to the user of the service (EACCES)",
    "EPERM": "the operating system forbids it to the user of the service (EPERM)",
    "EROFS": "the file system is read-only (EROFS)",
}
"""What is to be done about the operating system's own refusals."""
