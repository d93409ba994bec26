"""The one-time codes of logins: which account is expected to need a code, and which threads read its secret."""

from __future__ import annotations

import os

from twisted.cred.credentials import IUsernamePassword

from ftpd_service.account import Account
from ftpd_service.auth.ordered import CheckerEntry, Give
from ftpd_service.auth.sources import Sources
from ftpd_service.auth.totp import Given, ThreadsFor, TotpCodes
from ftpd_service.runtime.pool import BlockingPool, MountedHome, Owned
from ftpd_service.values import Peer


def threads_for_secrets(pool: BlockingPool) -> ThreadsFor:
    """Return the threads for secrets of accounts: those for files, in the shares of the client's host and the mount.

    A secret is read before the password is known to be right, so anybody may have it read.
    """

    def threads(account: Account, path: str, peer: Peer | None) -> Owned:
        raw = os.fsencode(path)
        home = MountedHome(raw, pool.mount_of_path(raw))
        return pool.owned(host=None if peer is None else peer.host, account=lambda: account.name, home=home)

    return threads


def giving(sources: Sources, codes: TotpCodes) -> Give:
    """Return the call by which a checker gets a password without its code."""

    async def give(entry: CheckerEntry, credentials: IUsernamePassword) -> Given:
        name = credentials.username.decode("utf-8", "surrogateescape")
        return await codes.given(await sources.expected(name, entry), credentials)

    return give
