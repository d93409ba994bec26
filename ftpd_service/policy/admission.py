"""Whether an account may log in at some time from some address.  Pure: the time and the address are arguments.

The refusal of a login by these rules looks to the client like that of a wrong password; the reason is for the log and
for operators.
"""

from __future__ import annotations

from datetime import datetime

from ftpd_service.account import Account
from ftpd_service.login_hours import WEEK_DAYS
from ftpd_service.policy.tls_networks import within
from ftpd_service.values import IPAddress


def refusal(account: Account, *, address: IPAddress, secure: bool, local: datetime) -> str | None:
    """Return why an account may not log in, or None if it may; the text begins with the key that decides.

    :param secure: whether the session has TLS.
    :param local: the local time of the server.
    """
    if account.needs_tls and not secure:
        return "tls: required, and the session has no TLS"
    return barred(account, address=address, local=local)


def barred(account: Account, *, address: IPAddress | None, local: datetime) -> str | None:
    """Return why an account may not log in even with TLS, or None if it may; see `refusal`.

    :param address: the client's address; None, if it is unknown, is in no network.
    """
    return expired(account, local) or _elsewhere(account, address) or _at_another_time(account, local)


def expired(account: Account, local: datetime) -> str | None:
    """Return the reason why the sessions of an account end, or None if it has not expired."""
    if account.expires is None or local.date() <= account.expires:
        return None
    return f"expires: the account has expired at the end of {account.expires}"


def _elsewhere(account: Account, address: IPAddress | None) -> str | None:
    if account.networks is None or (address is not None and within(account.networks, address)):
        return None
    return f"networks: {'an unknown address' if address is None else address} is in none of them"


def _at_another_time(account: Account, local: datetime) -> str | None:
    day, minute = local.weekday(), local.hour * 60 + local.minute
    if account.hours is None or account.hours.contains(day, minute):
        return None
    return f"hours: {WEEK_DAYS[day]} {local.hour:02d}:{local.minute:02d} is outside of {account.hours}"
