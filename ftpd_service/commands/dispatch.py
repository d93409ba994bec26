"""From a request to exactly one Final: guards, argument parser, sequence, verb; every exception ends here."""

from __future__ import annotations

from ftpd_service.commands.command import Timing
from ftpd_service.commands.context import Context
from ftpd_service.commands.for_errors import reply_for
from ftpd_service.commands.guards import GUARDS, AnyCommand, Guard
from ftpd_service.commands.table import Table
from ftpd_service.errors import BadSequence, DataProtectionRequired, FtpdError, PermissionDenied
from ftpd_service.events import CommandFinished, Refused, UnexpectedError
from ftpd_service.session.sequence import OneShot
from ftpd_service.wire import file_replies, replies
from ftpd_service.wire.paths import display
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request

_REFUSALS = 400


class Dispatcher:
    """Carries out requests by a table.  One serves all sessions.

    :param cancelled: the exception that a cancelled coroutine sees at its await, so that no Twisted is imported here.
    """

    def __init__(self, table: Table, *, cancelled: type[BaseException], guards: tuple[Guard, ...] = GUARDS) -> None:
        self.table = table
        self._cancelled = cancelled
        self._guards = guards

    def timing(self, request: Request) -> Timing:
        """When this request runs while another does; an unknown verb waits its turn."""
        command = self.table.find(request.verb)
        return Timing.QUEUED if command is None else command.facts.timing(request.argument)

    async def run(self, context: Context, request: Request) -> Final:
        """Carry out a request; never raises, whatever the verb does."""
        began = context.now()
        command = self.table.find(request.verb)
        if command is None:
            context.session.sequence.lapse(OneShot.RENAME)
            final = self._unknown(request)
            reason = "unknown or disabled verb"
        else:
            final, reason = await self._carry_out(context, command, request)
        self._report(context, request, command, final, reason, context.now() - began)
        return final

    def _unknown(self, request: Request) -> Final:
        return replies.not_implemented() if self.table.disabled(request.verb) else replies.unknown_verb()

    async def _carry_out(self, context: Context, command: AnyCommand, request: Request) -> tuple[Final, str]:
        facts = command.facts
        try:
            final, reason = await self._attempt(context, command, request)
        except FtpdError as error:
            final = self._refusal(context, command, error)
            reason = _reason(error)
        except self._cancelled:
            final = self._interrupted(context, command)
            reason = "interrupted"
        except Exception as problem:
            context.emit(UnexpectedError(session=context.session.id, verb=facts.verb, exception=problem))
            final = file_replies.local_error()
            reason = type(problem).__name__
        sequence = context.session.sequence
        if not sequence.empty:
            # A refused RNFR must not leave the path of the one before it.
            kept = facts.keeps if final.code < _REFUSALS else facts.keeps & ~OneShot.RENAME
            sequence.lapse(OneShot.ALL & ~kept)
        return final, reason

    async def _attempt(self, context: Context, command: AnyCommand, request: Request) -> tuple[Final, str]:
        try:
            final = self._guarded(context, command, request)
            if final is not None:
                return final, "guard"
            argument = command.parse(request.argument)
            self._in_sequence(context, command.facts.needs)
            self._protected(context, command)
            return await command.run(context, argument), "verb"
        finally:
            if command.facts.transfer:
                # Also where it was refused: a client that has connected already must see an end (RFC 1123 4.1.2.6).
                await context.data.finish()

    def _guarded(self, context: Context, command: AnyCommand, request: Request) -> Final | None:
        for guard in self._guards:
            final = guard(context, command, request)
            if final is not None:
                return final
        return None

    def _in_sequence(self, context: Context, needs: OneShot) -> None:
        if OneShot.RENAME in needs and context.session.sequence.rename_from is None:
            raise BadSequence("Use RNFR first.")

    def _protected(self, context: Context, command: AnyCommand) -> None:
        """522 before the path is looked at (RFC 4217 sections 10.2 and 11.4)."""
        session = context.session
        if command.facts.transfer and session.data_protection_required and not session.data_protected:
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

    def _report(
        self,
        context: Context,
        request: Request,
        command: AnyCommand | None,
        final: Final,
        reason: str,
        seconds: float,
    ) -> None:
        session = context.session
        secret = command is not None and command.facts.secret
        argument = "****" if secret else display(request.argument)
        context.emit(
            CommandFinished(
                session=session.id,
                verb=request.verb,
                argument=argument,
                code=final.code,
                seconds=seconds,
                account=session.account_name,
            )
        )
        if final.code >= _REFUSALS:
            context.emit(
                Refused(
                    session=session.id,
                    account=session.account_name,
                    verb=request.verb,
                    argument=argument,
                    code=final.code,
                    reason=reason,
                )
            )


def _reason(error: FtpdError) -> str:
    """For the operator: the class, its text, and the rule that decided."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, PermissionDenied) and error.rule is not None:
        text += f" (rule {error.rule})"
    return text
