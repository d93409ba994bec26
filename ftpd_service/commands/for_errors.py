"""The only table from exceptions to replies.

A reply depends on the error's class, on whether the preliminary reply was sent, and on the verb's column: a problem
with the *target* of STOR, STOU, APPE and RNTO gets 553, and a problem with any other path gets 550.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service import errors
from ftpd_service.commands.command import Column
from ftpd_service.wire import file_replies, replies
from ftpd_service.wire.reply import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One refusal that needs a reply."""

    error: errors.FtpdError
    begun: bool
    """Whether the preliminary reply was sent."""
    column: Column

    @property
    def text(self) -> str:
        """The error's own text, which clients see only for a RequestError."""
        return str(self.error)


def _about_path(text: str) -> Callable[[Case], Final]:
    def reply(case: Case) -> Final:
        refuse = file_replies.target_refused if case.column is Column.WRITES else file_replies.not_taken
        return refuse(text)

    return reply


def _missing(case: Case) -> Final:
    if case.column is Column.WRITES:
        return file_replies.target_refused("No such directory.")
    return file_replies.not_taken("No such file or directory.")


def _not_a_directory(case: Case) -> Final:
    if case.column is Column.LISTS:
        return file_replies.no_directory("Not a directory.")
    return _about_path("Not a directory.")(case)


def _full(case: Case) -> Final:
    return file_replies.space_exceeded() if case.begun else file_replies.no_space()


def _refused_by_stage(case: Case) -> Final:
    error = case.error
    assert isinstance(error, errors.StageRefused)
    return file_replies.file_refused(error.code, error.told)


TABLE: dict[type[errors.FtpdError], Callable[[Case], Final]] = {
    errors.BadSyntax: lambda case: replies.bad_syntax(case.text),
    errors.BadArgument: lambda case: replies.bad_argument(case.text),
    errors.BadSequence: lambda case: replies.bad_sequence(case.text),
    errors.UnsupportedParameter: lambda case: replies.unsupported_parameter(case.text),
    errors.Unsupported: lambda case: replies.unsupported_parameter(case.text),
    errors.RequestError: lambda case: replies.bad_argument(case.text),
    errors.NotLoggedIn: lambda case: replies.not_logged_in(),
    errors.LoginRefused: lambda case: replies.login_refused(),
    errors.LoginUnavailable: lambda case: replies.login_unavailable(),
    errors.LoginsSaturated: lambda case: replies.login_unavailable(),
    errors.TlsRequired: lambda case: replies.tls_wanted(),
    errors.PolicyDenied: lambda case: replies.policy_denied(""),
    errors.LoginError: lambda case: replies.login_refused(),
    errors.NoDataConnection: lambda case: file_replies.no_data_connection(),
    errors.NoDataResources: lambda case: file_replies.no_data_resources(),
    errors.TransferAborted: lambda case: file_replies.transfer_aborted(),
    errors.UploadIncomplete: lambda case: file_replies.transfer_aborted(),
    errors.UploadUnproved: lambda case: file_replies.not_proved(),
    errors.UploadRefused: lambda case: file_replies.target_refused("File not accepted."),
    errors.StageRefused: _refused_by_stage,
    errors.UploadPostponed: lambda case: file_replies.not_judged(),
    errors.DataProtectionRequired: lambda case: file_replies.data_protection_wanted(),
    errors.DataHandshakeFailed: lambda case: file_replies.data_handshake_failed(),
    errors.ResumptionRequired: lambda case: file_replies.resumption_wanted(),
    errors.DataError: lambda case: file_replies.transfer_aborted(),
    errors.NotFound: _missing,
    errors.PermissionDenied: _about_path("Permission denied."),
    errors.AlreadyExists: _about_path("File exists."),
    errors.IsADirectory: _about_path("Is a directory."),
    errors.NotADirectory: _not_a_directory,
    errors.NotEmpty: _about_path("Directory not empty."),
    errors.RemovedInPart: _about_path("Removed in part: some entries cannot be removed."),
    errors.NotAPlainFile: _about_path("Not a plain file."),
    errors.TooManyEntries: _about_path("Too many entries."),
    errors.NameNotAllowed: lambda case: file_replies.target_refused("File name not allowed."),
    errors.NameUntellable: _about_path("No reply can hold the control characters of this name; MLSD tells it."),
    errors.AcrossFolders: _about_path("Not in the same folder or on the same disk: only files move there."),
    errors.UploadUnfinished: _about_path("The upload of this file has not finished."),
    errors.RestartBeyondEnd: lambda case: file_replies.restart_refused(),
    errors.RangeExceeded: lambda case: file_replies.range_exceeded(),
    errors.RangeNotUsable: lambda case: file_replies.image_wanted(),
    errors.RangeRefused: lambda case: file_replies.range_refused(),
    errors.StorageFull: _full,
    errors.QuotaExceeded: lambda case: file_replies.quota_exceeded(),
    errors.TemporarilyUnavailable: lambda case: file_replies.busy(),
    errors.OutOfResources: lambda case: file_replies.short_of_resources(),
    errors.DatabaseUnavailable: lambda case: file_replies.busy(),
    errors.DatabaseFull: lambda case: file_replies.busy(),
    errors.StorageFailed: lambda case: file_replies.local_error(),
    errors.StorageError: lambda case: file_replies.local_error(),
    errors.LimitReached: lambda case: replies.limit_reached(),
    errors.FtpdError: lambda case: file_replies.local_error(),
}


_ABOUT_PATHS = (
    errors.NotFound,
    errors.PermissionDenied,
    errors.IsADirectory,
    errors.NotADirectory,
    errors.NotAPlainFile,
    errors.TooManyEntries,
    errors.UploadUnfinished,
)


def reply_for(error: errors.FtpdError, *, begun: bool, column: Column) -> Final:
    """Return the reply to an error: the reply of its class, or of the nearest class above it.

    After the 150 of a download or listing, an error about its path gets 451, because the transfer is incomplete:
    clients understand 550 as a missing path.
    """
    if begun and column is not Column.WRITES and isinstance(error, _ABOUT_PATHS):
        return file_replies.local_error()
    case = Case(error=error, begun=begun, column=column)
    for kind in type(error).__mro__:
        answer = TABLE.get(kind)
        if answer is not None:
            return answer(case)
    raise AssertionError("every FtpdError has the root's row")
