"""The checks of several keys together: contradictions, and settings that are allowed but worth a warning.

The search for contradictions reads the plain values, before the check of each value and independent of it, so an
operator with several mistakes in a section sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from ftpd_service.account import AccountSettings
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.passwords import ANY_PASSWORD, is_plain
from ftpd_service.auth.settings import AccountsChecker
from ftpd_service.config.admission_words import shared_secret
from ftpd_service.config.auth_sections import CHECKER_KINDS, KINDS, CheckerSection
from ftpd_service.config.checker_checks import in_http, in_ldap, undefined_groups
from ftpd_service.config.digest_sections import in_digests
from ftpd_service.config.endpoints import PROXIED, ListenPlace, place, v6_only
from ftpd_service.config.folder_checks import overlaps
from ftpd_service.config.hashes import Verdict, judged, machine_bytes
from ftpd_service.config.hook_sections import in_hooks
from ftpd_service.config.log_sections import in_logging
from ftpd_service.config.plugged_kinds import kinds_expected
from ftpd_service.config.problems import KeyPath
from ftpd_service.config.quarantine_checks import stages_without_quarantine, visible_quarantines
from ftpd_service.config.schema import DEFAULT_ENDPOINT, Config
from ftpd_service.config.upload_checks import in_uploads
from ftpd_service.config.verdict_sections import in_verdicts
from ftpd_service.database.settings import SQLITE
from ftpd_service.observe.settings import METRICS_ENDPOINT
from ftpd_service.session.settings import ListenerTls
from ftpd_service.values import ANONYMOUS, ANONYMOUS_NAMES

_ONCE = ("accounts", "database")
"""The checkers of which there is one."""

Remark = tuple[KeyPath, str]
"""The place and the text of a remark."""


def contradictions(values: object) -> Iterator[Remark]:
    """Yield mistakes that involve several keys; values of a wrong shape are skipped."""
    if isinstance(values, dict):
        yield from _in_listeners(values.get("listeners"))
        yield from _in_metrics(values.get("metrics"), values.get("listeners"))
        yield from _about_tls(values)
        yield from _in_checkers(values)
        yield from _in_database(values.get("database"))
        yield from _in_accounts(values.get("accounts"))
        yield from in_digests(values.get("digests"))
        yield from in_hooks(values.get("hooks"), database=values.get("database") is not None)
        yield from in_verdicts(values.get("hooks"))
        yield from in_logging(values.get("logging"))


def _in_listeners(listeners: object) -> Iterator[Remark]:
    seen: dict[object, int] = {}
    places: dict[int, ListenPlace] = {}
    for position, listener in enumerate(listeners if isinstance(listeners, list) else []):
        endpoint = listener.get("endpoint", DEFAULT_ENDPOINT) if isinstance(listener, dict) else None
        if isinstance(endpoint, str):
            first = seen.setdefault(endpoint, position)
            here = place(endpoint, v6_only=v6_only())
            taken = [at for at, other in places.items() if here is not None and other.overlaps(here)]
            if first != position:
                yield ("listeners", position, "endpoint"), f"the same endpoint as listeners[{first}]"
            elif taken:
                text = f"the port and address of listeners[{taken[0]}] are among its own: leave one of the two out"
                yield ("listeners", position, "endpoint"), text
            elif here is not None:
                places[position] = here
        if isinstance(listener, dict) and "proxies" in listener and not str(endpoint).startswith(PROXIED):
            yield ("listeners", position, "proxies"), "goes only with an endpoint haproxy:..."
        if isinstance(listener, dict) and listener.get("tls") == "off":
            for key in ("ciphers", "data_resumption"):
                if key in listener:
                    yield ("listeners", position, key), "goes only with TLS: this listener has tls: off"


def _in_metrics(section: object, listeners: object) -> Iterator[Remark]:
    endpoint = section.get("endpoint", METRICS_ENDPOINT) if isinstance(section, dict) else None
    here = place(endpoint, v6_only=v6_only()) if isinstance(endpoint, str) else None
    for position, listener in enumerate(listeners if isinstance(listeners, list) else []):
        other = listener.get("endpoint", DEFAULT_ENDPOINT) if isinstance(listener, dict) else None
        there = place(other, v6_only=v6_only()) if isinstance(other, str) else None
        if here is not None and there is not None and here.overlaps(there):
            yield ("metrics", "endpoint"), f"the port and address of listeners[{position}]: choose another port"


def _about_tls(values: dict[object, object]) -> Iterator[Remark]:
    tls = values.get("tls")
    section = tls if isinstance(tls, dict) else {}
    for name, pair in (section["names"] if isinstance(section.get("names"), dict) else {}).items():
        if not isinstance(pair, dict) or "certificate" not in pair:
            yield ("tls", "names", name), "certificate is missing"
    if section.get("required_except") and not section.get("required_from"):
        yield ("tls", "required_except"), "goes only with required_from: there is nothing to except from"
    if section.get("client_certificate", "off") != "off" and not section.get("client_authorities"):
        yield ("tls", "client_certificate"), "needs tls.client_authorities: nobody could sign a client's certificate"
    if "certificate" not in section:
        yield from _without_certificate(values, section)


def _without_certificate(values: dict[object, object], section: dict[object, object]) -> Iterator[Remark]:
    """Yield the keys that need `tls.certificate`."""
    if section:
        yield ("tls",), "certificate is missing"
    for path, entry in _entries(values):
        if entry.get("tls") in ("required", "implicit"):
            yield (*path, "tls"), "needs tls.certificate"
        for key in ("ciphers", "data_resumption"):
            if key in entry:
                yield (*path, key), "needs tls.certificate"
        if entry.get("data_protection") == "required":
            yield (*path, "data_protection"), "needs tls.certificate"


def _entries(values: dict[object, object]) -> Iterator[tuple[KeyPath, dict[object, object]]]:
    """Yield every listener, group and account, and the defaults: these entries have keys of TLS."""
    listeners = values.get("listeners")
    found: list[tuple[KeyPath, object]] = [(("account_defaults",), values.get("account_defaults"))]
    found += [(("listeners", at), one) for at, one in enumerate(listeners if isinstance(listeners, list) else [])]
    for section in ("groups", "accounts"):
        named = values.get(section)
        found += [((section, name), one) for name, one in (named if isinstance(named, dict) else {}).items()]
    yield from ((path, entry) for path, entry in found if isinstance(entry, dict))


def _in_checkers(values: dict[object, object]) -> Iterator[Remark]:
    auth = values.get("auth")
    checkers = auth.get("checkers") if isinstance(auth, dict) else None
    seen: set[str] = set()
    for position, checker in enumerate(checkers if isinstance(checkers, list) else []):
        path = ("auth", "checkers", position)
        for word in _words(checker):
            if word in seen:
                yield path, f"{word} stands twice among the checkers"
            if word == "database" and values.get("database") is None:
                yield path, "needs the section database, which names the database"
            seen.add(word)
        if isinstance(checker, dict):
            yield from _in_checker(checker, path)


def _words(checker: object) -> list[str]:
    """Return the word of an entry for a kind without settings."""
    if isinstance(checker, str):
        return [checker]
    return [word for word in _ONCE if isinstance(checker, dict) and word in checker]


def _in_database(section: object) -> Iterator[Remark]:
    url = section.get("url") if isinstance(section, dict) else None
    if isinstance(section, dict) and isinstance(url, str) and section.get("password_file") is not None:
        path = ("database", "password_file")
        if url.startswith(SQLITE):
            yield path, "goes only with PostgreSQL"
        elif ":" in url.partition("://")[2].rpartition("@")[0]:
            yield path, "expected either this or a password in url, found both"


def _in_checker(checker: dict[object, object], path: KeyPath) -> Iterator[Remark]:
    kinds = CHECKER_KINDS.of(checker)
    # A mistake in the name of the kind is told at that key.
    if len(kinds) > 1 or (not kinds and set(checker) <= set(CheckerSection.model_fields)):
        yield path, kinds_expected(KINDS, kinds)
    elif "options" in checker and kinds != ["python"]:
        yield (*path, "options"), "goes only with python"
    else:
        yield from in_ldap(checker.get("ldap"), (*path, "ldap"))
        yield from in_http(checker.get("http"), (*path, "http"))


def _in_accounts(accounts: object) -> Iterator[Remark]:
    for name, account in (accounts if isinstance(accounts, dict) else {}).items():
        path = ("accounts", name)
        if not name or not name.isprintable():
            yield path, "expected the name of an account, found an empty one or one with control characters"
        secrets = [key for key in ("password", "password_file") if isinstance(account, dict) and key in account]
        if secrets and name != ANONYMOUS and name.lower() in ANONYMOUS_NAMES:
            yield (*path, secrets[0]), "can never fit: anonymous and ftp, in any case, log in as the account anonymous"
        if len(secrets) == 2:
            yield (*path, "password_file"), "expected either this or password, found both"


def impossible(config: Config) -> Iterator[Remark]:
    """Yield values that are valid by themselves and still cannot work.  No text shows a secret."""
    settings = config.accounts
    entries: list[tuple[KeyPath, AccountSettings]] = [(("account_defaults",), settings.defaults or AccountSettings())]
    for path, entry in [*entries, *((("accounts", name), one) for name, one in settings.accounts.items())]:
        if entry.group is not None and entry.group not in settings.groups:
            yield (*path, "group"), f"{entry.group} is not defined in groups"
    yield from undefined_groups(config.auth, settings.groups)
    yield from overlaps(settings)
    for path, entry in [*entries, *((("groups", name), one) for name, one in settings.groups.items())]:
        problem = shared_secret(entry)
        if problem is not None:
            yield (*path, "totp_file"), problem
    yield from in_uploads(config)
    yield from visible_quarantines(config)
    yield from stages_without_quarantine(config)
    for name, verdict in _hashes(config):
        if not verdict.works:
            yield ("accounts", name, "password"), verdict.text


def _hashes(config: Config) -> Iterator[tuple[str, Verdict]]:
    seconds, memory = config.control.login_seconds, machine_bytes()
    for name, account in config.accounts.accounts.items():
        verdict = account.password and judged(account.password, login_seconds=seconds, machine_bytes=memory)
        if verdict:
            yield name, verdict


def warnings(config: Config) -> Iterator[Remark]:
    """Yield warnings of settings that are valid but perhaps not intended.  No text shows a secret."""
    checkers, defaults = config.auth.checkers, config.accounts.defaults
    asks_accounts = any(isinstance(checker, AccountsChecker) for checker in checkers)
    able = [name for name, account in config.accounts.accounts.items() if account.password is not None]
    if asks_accounts and len(checkers) == 1 and not able:
        yield ("accounts",), "nobody can log in: no account has a password, and there is no other checker"
    if able and not asks_accounts:
        yield ("auth", "checkers"), "accounts is not among them: the passwords of accounts are not used"
    for position, listener in enumerate(config.listeners):
        if listener.tls is ListenerTls.EXPLICIT and config.tls is None:
            yield ("listeners", position, "tls"), "AUTH is answered 431: there is no tls.certificate"
        if listener.tls is ListenerTls.OFF and config.session.tls_networks.required:
            text = "off, so that clients of tls.required_from cannot log in here"
            yield ("listeners", position, "tls"), text
        if listener.data_resumption is not None and defaults is not None and defaults.data_resumption is not None:
            text = "counts for nobody: account_defaults.data_resumption goes before it, for every account"
            yield ("listeners", position, "data_resumption"), text
        if listener.endpoint.startswith(PROXIED) and listener.proxies is None and not _is_loopback(listener.endpoint):
            text = "accepts PROXY headers from programs on this host only: name the networks of the proxies in proxies"
            yield ("listeners", position, "endpoint"), text
    yield from _about_data_connections(config)
    yield from _about_accounts(config.accounts)
    for name, verdict in _hashes(config):
        yield ("accounts", name, "password"), verdict.text


def _about_data_connections(config: Config) -> Iterator[Remark]:
    for here in (place(listener.endpoint, v6_only=False) for listener in config.listeners):
        if here is not None and any(first <= here.port <= last for first, last in config.data.passive_ports):
            text = f"{here.port} is the port of a listener: no data connection gets it where that listens; take it out"
            yield ("data_connections", "passive_ports"), text
    local = all(_is_loopback(listener.endpoint) for listener in config.listeners)
    for rule in config.data.passive_addresses:
        if isinstance(rule.address, IPv4Address) and rule.address.is_loopback and not local:
            text = f"{rule.address} is this host alone: clients elsewhere cannot open passive data connections"
            yield ("data_connections", "passive_address"), text


def _is_loopback(endpoint: str) -> bool:
    here = place(endpoint, v6_only=False)
    return here is not None and not isinstance(here.address, str) and here.address.is_loopback


def _about_accounts(settings: AccountsSettings) -> Iterator[Remark]:
    for name, account in settings.accounts.items():
        path = ("accounts", name)
        if account.password is None:
            continue
        if is_plain(account.password):
            yield (*path, "password"), "stands in clear; a hash is safer"
        if account.password == ANY_PASSWORD and name != ANONYMOUS:
            yield (*path, "password"), "any password is accepted"
        home = account.home or settings.below(account).home
        if home == "/":
            yield (*path, "home"), "/ is the whole file system of this host, with the keys and passwords in it"
        if home is None and settings.has_local_files(name):
            yield path, "has no home, and neither its group nor account_defaults has one: its logins are refused"
