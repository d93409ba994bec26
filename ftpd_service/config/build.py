"""The sections of a file, once they are right, turned into the settings that each part of the server gets."""

from __future__ import annotations

from ftpd_service.accounts.settings import AccountSettings, AccountsSettings
from ftpd_service.auth.settings import AccountsChecker, AuthSettings, CheckerSettings, PythonChecker, StrcredChecker
from ftpd_service.config.schema import Config, LimitsSettings, ListenerSettings
from ftpd_service.config.sections import (
    AccountDefaultsSection,
    AccountSection,
    CheckerSection,
    DataSection,
    FileSections,
    LimitsSection,
)
from ftpd_service.control.settings import ControlSettings
from ftpd_service.data.settings import AddressRule, DataSettings
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.settings import StorageSettings, UploadMode


def build(sections: FileSections, *, source: str) -> Config:
    """The whole configuration of a file whose sections are right."""
    limits = sections.limits
    return Config(
        listeners=tuple(ListenerSettings(endpoint=one.endpoint, banner=one.banner) for one in sections.listeners),
        session=SessionSettings(
            dot_files=sections.listing.dot_files,
            failed_logins=limits.failed_logins,
            idle_seconds=limits.idle_timeout,
        ),
        control=ControlSettings(
            login_seconds=limits.login_timeout, strict_line_ends=sections.commands.strict_line_ends
        ),
        data=_data(sections.data_connections, limits),
        storage=StorageSettings(
            mode=UploadMode(sections.uploads.mode),
            umask=sections.uploads.umask,
            hidden_prefix=sections.uploads.hidden_prefix,
        ),
        auth=AuthSettings(checkers=tuple(_checker(one) for one in sections.auth.checkers)),
        accounts=_accounts(sections),
        logging=LoggingSettings(level=sections.logging.level),
        limits=LimitsSettings(
            sessions=limits.sessions,
            sessions_per_host=limits.sessions_per_host,
            drain_seconds=limits.drain_timeout,
        ),
        source=source,
    )


def _data(section: DataSection, limits: LimitsSection) -> DataSettings:
    return DataSettings(
        passive_ports=section.passive_ports or (),
        passive_addresses=tuple(
            AddressRule(network=rule.network, address=rule.address) for rule in section.passive_address
        ),
        active=section.active,
        opening_seconds=limits.data_timeout,
        stall_seconds=limits.stall_timeout,
    )


def _checker(section: CheckerSection) -> CheckerSettings:
    if section.strcred is not None:
        return StrcredChecker(description=section.strcred, timeout_seconds=section.timeout, final=section.final)
    if section.python is not None:
        return PythonChecker(
            path=section.python, options=section.options, timeout_seconds=section.timeout, final=section.final
        )
    return AccountsChecker(timeout_seconds=section.timeout)


def _accounts(sections: FileSections) -> AccountsSettings:
    defaults = sections.account_defaults
    return AccountsSettings(
        accounts={name: _account(section) for name, section in sections.accounts.items()},
        defaults=None if defaults is None else _account(defaults),
        sessions=sections.limits.sessions_per_account,
    )


def _account(section: AccountDefaultsSection) -> AccountSettings:
    stored = None
    if isinstance(section, AccountSection):
        stored = section.password if section.password is not None else section.password_file
    return AccountSettings(
        password=stored,
        home=section.home,
        permissions=section.permissions,
        create_home=section.create_home,
        sessions=section.limits.sessions,
    )
