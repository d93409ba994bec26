"""The checks of this host for a valid file: homes, rights of files, descriptors.  Only ``--check`` runs them.

A finding here is not a mistake in the file: a disk may be mounted later, and ``--check`` may run as a user other than
the user of the service.
"""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator

from ftpd_service.account import AccountSettings
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.auth.passwords import PLAIN, is_plain
from ftpd_service.auth.settings import HttpChecker, LdapChecker
from ftpd_service.auth.totp import read_totp_secret
from ftpd_service.config.digest_sections import about_digest_file
from ftpd_service.config.host_trees import about_owners
from ftpd_service.config.problems import KeyPath
from ftpd_service.config.quarantine_checks import about_quarantines
from ftpd_service.config.schema import Config
from ftpd_service.config.verdict_sections import about_stages
from ftpd_service.errors import LoginRefused
from ftpd_service.hooks.settings import HttpAction
from ftpd_service.tls.settings import KeyPair

Remark = tuple[KeyPath, str]

DESCRIPTORS_BESIDE = 64
"""The descriptors that the process needs besides its sessions: log, ports, pool, disks."""


DESCRIPTORS_OF_SESSION = 5
"""The descriptors of a session with a transfer: its two connections, a passive port, a file and its directory."""


def descriptors_for(sessions: int) -> int:
    """Return the number of descriptors that the process may need with so many sessions."""
    return sessions * DESCRIPTORS_OF_SESSION + DESCRIPTORS_BESIDE


def remarks(config: Config, values: object, folder: str) -> Iterator[Remark]:
    """Yield warnings about this host.  No text shows a secret.

    :param values: the values as the file has them.
    :param folder: the directory of the file.
    """
    yield from _about_homes(config)
    yield from about_quarantines(config)
    yield from about_owners(config.accounts)
    yield from _about_descriptors(config, values)
    yield from _about_codes(config)
    yield from _about_rights(config, values, folder)
    yield from _about_signatures(config)
    yield from about_digest_file(config.digests.file)
    yield from about_stages(config.hooks.stages, quarantine=config.storage.uploads.quarantine is not None)


def _about_homes(config: Config) -> Iterator[Remark]:
    defaults = config.accounts.defaults or AccountSettings()
    if defaults.home is not None and "{" not in defaults.home and config.accounts.has_local_files(None):
        yield from _about_home(("account_defaults", "home"), defaults.home, create=bool(defaults.create_home))
    configured = ConfiguredAccounts(config.accounts)
    for name, account in config.accounts.accounts.items():
        if not config.accounts.has_local_files(name):
            continue
        try:
            known = configured.otherwise(name, None)
            home = None if known is None else known.home_path()
        except LoginRefused:
            continue
        if known is None or home is None:
            continue
        if account.home:
            yield from _about_home(("accounts", name, "home"), home, create=known.create_home)
        elif home != defaults.home:
            yield from _about_home(("accounts", name), home, create=known.create_home)


def _about_home(path: KeyPath, home: str, *, create: bool) -> Iterator[Remark]:
    try:
        mode = os.stat(home).st_mode
    except FileNotFoundError:
        if not create:
            yield path, f"{home} is missing: its logins are refused; make it, or set create_home: true"
        return
    except OSError as error:
        yield path, f"{home} cannot be looked at ({error.strerror}): its logins are refused"
        return
    if not stat.S_ISDIR(mode):
        yield path, f"{home} is no directory: its logins are refused"
    elif not os.access(home, os.R_OK | os.X_OK):
        yield path, f"{home} may not be read by the user of this check; run it as the user of the service"


def _about_descriptors(config: Config, values: object) -> Iterator[Remark]:
    """Yield a warning if the file sets a number of sessions for which the descriptors do not suffice."""
    limits = values.get("limits") if isinstance(values, dict) else None
    if not isinstance(limits, dict) or "sessions" not in limits:
        return
    # The service raises the soft limit by itself.
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = descriptors_for(config.limits.sessions)
    if allowed != resource.RLIM_INFINITY and wanted > allowed:
        yield (
            ("limits", "sessions"),
            f"so many sessions with a transfer each need {wanted} open files, and a process of this user may have "
            f"{allowed}: raise LimitNOFILE= (systemd) or ulimit -Hn, or lower this",
        )


def _about_codes(config: Config) -> Iterator[Remark]:
    """Yield a warning for each account whose secret of one-time codes cannot be used, or is open to others."""
    configured = ConfiguredAccounts(config.accounts)
    for name, own in config.accounts.accounts.items():
        place: KeyPath = ("accounts", name, "totp_file") if own.totp_file else ("accounts", name)
        try:
            account = configured.otherwise(name, None)
            path = None if account is None else account.totp_path()
            if path is not None:
                read_totp_secret(path)
        except ValueError as problem:
            yield place, f"{'' if own.totp_file else 'totp_file: '}{problem}: its logins fail"
            continue
        except LoginRefused:
            continue
        if path is not None:
            yield from _about_file(place, path, "the secret of one-time codes")


def _about_rights(config: Config, values: object, folder: str) -> Iterator[Remark]:
    """Yield a warning for each file with secrets that other users of this host may read."""
    accounts = values.get("accounts") if isinstance(values, dict) else None
    holds_secret = False
    for name, account in (accounts if isinstance(accounts, dict) else {}).items():
        account = account if isinstance(account, dict) else {}
        own = account.get("password")
        # Values from the environment are not in the file.
        holds_secret |= isinstance(own, str) and is_plain(own) and not own.startswith(PLAIN + "${")
        other, stored = account.get("password_file"), config.accounts.accounts[name].password
        if isinstance(other, str) and stored is not None and is_plain(stored):
            path = ("accounts", name, "password_file")
            yield from _about_file(path, os.path.join(folder, other), "a password in clear")
    if holds_secret and config.source is not None:
        yield from _about_file(("accounts",), config.source, "passwords in clear")
    for position, checker in enumerate(config.auth.checkers):
        entry = ("auth", "checkers", position, checker.kind)
        if isinstance(checker, LdapChecker) and checker.search is not None and checker.search.password_file is not None:
            yield from _about_file((*entry, "search", "password_file"), checker.search.password_file, "a password")
        if isinstance(checker, HttpChecker) and checker.headers_file is not None:
            yield from _about_file((*entry, "headers_file"), checker.headers_file, "headers that may be secret")
    if config.tls is not None:
        yield from _about_pair(("tls",), config.tls.pair)
        for name, pair in config.tls.names.items():
            yield from _about_pair(("tls", "names", name), pair)


def _about_signatures(config: Config) -> Iterator[Remark]:
    """Yield a warning for each key of signatures that other users of this host may read."""
    for number, rule in enumerate(config.hooks.rules):
        for position, action in enumerate(rule.actions):
            if isinstance(action, HttpAction) and action.secret_file is not None:
                place = ("hooks", "rules", number, "do", position, "secret_file")
                yield from _about_file(place, action.secret_file, "the key of signatures")


def _about_pair(path: KeyPath, pair: KeyPair) -> Iterator[Remark]:
    key = "certificate" if pair.private_key is None else "private_key"
    yield from _about_file((*path, key), pair.private_key or pair.certificate, "a private key")
    if pair.password_file is not None:
        path = (*path, "private_key_password_file")
        yield from _about_file(path, pair.password_file, "the password of a private key")


def _about_file(path: KeyPath, file: str, secret: str) -> Iterator[Remark]:
    try:
        found = os.stat(file)
    except OSError:
        # The code that reads the file reports a missing file.
        return
    if found.st_mode & stat.S_IROTH:
        yield path, f"{file} holds {secret}, and everybody on this host may read it: chmod o-rwx {file}"
    elif found.st_mode & stat.S_IRGRP and os.geteuid() and found.st_gid not in (os.getegid(), *os.getgroups()):
        yield path, f"{file} holds {secret}, and a group that is not the service's may read it: chmod g-rwx {file}"
