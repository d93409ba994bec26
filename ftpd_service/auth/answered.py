"""The outcome of a login from an answer in the protocol of programs, however the answer came."""

from __future__ import annotations

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin

from ftpd_service.account import AccountSettings
from ftpd_service.auth.checker_parts import ReadAccount
from ftpd_service.auth.credentials import Accepted, HeldName
from ftpd_service.auth.programs.answers import Answer
from ftpd_service.errors import LoginUnavailable


def accepted(answer: Answer, credentials: IUsernamePassword, read_account: ReadAccount, *, whose: str) -> Accepted:
    """Return the avatar id and the settings of an answer that accepts.

    :param whose: the words of the log for the party that has answered, such as ``the program``.
    :raises HeldName: the password is wrong.
    :raises UnauthorizedLogin: the name is not that party's.
    :raises LoginUnavailable: the party cannot tell, or the settings are wrong.
    """
    if answer.error:
        raise LoginUnavailable(f"{whose} cannot tell: {answer.error!r}")
    if answer.accept is None:
        raise UnauthorizedLogin(f"the name is not that of {whose}")
    if not answer.accept:
        raise HeldName("wrong password")
    name = credentials.username if answer.user is None else answer.user.encode("utf-8")
    return Accepted(name, _settings(answer, read_account, whose))


def _settings(answer: Answer, read_account: ReadAccount, whose: str) -> AccountSettings | None:
    if not answer.account:
        return None
    try:
        return read_account(answer.account)
    except ValueError as problem:
        raise LoginUnavailable(f"the answer of {whose} is wrong: {problem}") from None
