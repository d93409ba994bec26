"""What differs between two configurations, in the words of the file; said in the log when a file is read again."""

from __future__ import annotations

from collections.abc import Callable

from ftpd_service.accounts.settings import AccountSettings
from ftpd_service.config.schema import Config
from ftpd_service.data.settings import DataSettings

NEEDS_RESTART = "needs a restart"

_SHOWN: tuple[tuple[str, Callable[[Config], object]], ...] = (
    ("data_connections.passive_ports", lambda config: _ports(config.data)),
    ("data_connections.active", lambda config: config.session.active),
    ("uploads.mode", lambda config: config.storage.mode.value),
    ("uploads.umask", lambda config: f"{config.storage.umask:03o}"),
    ("uploads.hidden_prefix", lambda config: config.storage.hidden_prefix),
    ("listing.dot_files", lambda config: config.session.dot_files),
    ("commands.strict_line_ends", lambda config: config.control.strict_line_ends),
    ("limits.sessions", lambda config: config.limits.sessions),
    ("limits.sessions_per_host", lambda config: config.limits.sessions_per_host),
    ("limits.ipv6_prefix", lambda config: config.control.ipv6_prefix),
    ("limits.sessions_per_account", lambda config: config.accounts.sessions),
    ("limits.upload", lambda config: _rate(config.limits.rates.upload)),
    ("limits.download", lambda config: _rate(config.limits.rates.download)),
    ("limits.upload_per_session", lambda config: _rate(config.limits.rates.upload_per_session)),
    ("limits.download_per_session", lambda config: _rate(config.limits.rates.download_per_session)),
    ("limits.failed_logins", lambda config: config.session.failed_logins),
    ("auth.verified_for", lambda config: config.auth.verified_seconds),
    ("limits.login_timeout", lambda config: config.control.login_seconds),
    ("limits.idle_timeout", lambda config: config.session.idle_seconds),
    ("limits.data_timeout", lambda config: config.data.opening_seconds),
    ("limits.stall_timeout", lambda config: config.data.stall_seconds),
    ("limits.drain_timeout", lambda config: config.limits.drain_seconds),
    ("logging.level", lambda config: config.logging.level),
)
"""Keys whose values are short and no secrets."""

_NAMED: tuple[tuple[str, Callable[[Config], object]], ...] = (
    ("tls", lambda config: (config.tls, config.session.data_protection_required, config.session.require_pbsz)),
    ("tls.required_from", lambda config: config.session.tls_networks),
    ("data_connections.passive_address", lambda config: config.data.passive_addresses),
    # Descriptions and options of checkers may hold passwords.
    ("auth.checkers", lambda config: config.auth.checkers),
    ("account_defaults", lambda config: config.accounts.defaults),
)


def changed(old: Config, new: Config) -> tuple[str, ...]:
    """One text for each difference, in the order of the file; no secret in any, nothing where both are alike.

    Those that end in `NEEDS_RESTART` cannot be applied by reading the file again: the ports that are listened on.
    """
    return (*_listeners(old, new), *_named(old, new), *_accounts(old, new), *_shown(old, new))


def needs_restart(old: Config, new: Config) -> bool:
    """Whether the new configuration has something that only a restart can apply."""
    return _endpoints(old) != _endpoints(new)


def _endpoints(config: Config) -> frozenset[str]:
    return frozenset(listener.endpoint for listener in config.listeners)


def _listeners(old: Config, new: Config) -> list[str]:
    before = {listener.endpoint: listener for listener in old.listeners}
    after = {listener.endpoint: listener for listener in new.listeners}
    added = [f"listeners: {name} is new; {NEEDS_RESTART}" for name in after if name not in before]
    gone = [f"listeners: {name} is gone; {NEEDS_RESTART}" for name in before if name not in after]
    both = [(name, before[name], after[name]) for name in after if name in before]
    banners = [f"listeners: the banner of {name} is another" for name, was, now in both if was.banner != now.banner]
    limits = [f"listeners: the limits of {name} are others" for name, was, now in both if was.rates != now.rates]
    tls = [f"listeners: the tls of {name} is {now.tls.value}" for name, was, now in both if was.tls is not now.tls]
    resumption = [
        f"listeners: the data_resumption of {name} is {_text(now.data_resumption and now.data_resumption.value)}"
        for name, was, now in both
        if was.data_resumption is not now.data_resumption
    ]
    return added + gone + banners + limits + tls + resumption


def _named(old: Config, new: Config) -> list[str]:
    return [f"{key} is another" for key, value in _NAMED if value(old) != value(new)]


def _accounts(old: Config, new: Config) -> list[str]:
    before, after = old.accounts.accounts, new.accounts.accounts
    added = [f"accounts.{name} is new" for name in after if name not in before]
    gone = [f"accounts.{name} is gone" for name in before if name not in after]
    other = [f"accounts.{name} has {_what(before[name], after[name])}" for name in after if name in before]
    return added + gone + [text for text in other if not text.endswith(" has ")]


def _what(old: AccountSettings, new: AccountSettings) -> str:
    differing = {
        "another password": old.password != new.password,
        "another home": (old.home, old.create_home) != (new.home, new.create_home),
        "other permissions": old.permissions != new.permissions,
        "another need for TLS": old.needs_tls != new.needs_tls,
        "another data_resumption": old.data_resumption is not new.data_resumption,
        "another data_protection": old.data_protection_required is not new.data_protection_required,
        "other limits": (old.sessions, old.rates) != (new.sessions, new.rates),
    }
    return ", ".join(name for name, differs in differing.items() if differs)


def _shown(old: Config, new: Config) -> list[str]:
    return [
        f"{key} is {_text(value(new))}, was {_text(value(old))}" for key, value in _SHOWN if value(old) != value(new)
    ]


def _text(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, float):
        return f"{value:g}s"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rate(rate: int | None) -> str | None:
    return None if rate is None else f"{rate}B/s"


def _ports(data: DataSettings) -> str | None:
    ranges = (str(first) if first == last else f"{first}-{last}" for first, last in data.passive_ports)
    return ", ".join(ranges) or None
