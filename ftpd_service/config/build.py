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
    ListenerSection,
    RatesSection,
)
from ftpd_service.config.tls_sections import KeyPairSection, TlsSection
from ftpd_service.control.settings import ControlSettings
from ftpd_service.data.settings import AddressRule, DataSettings
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.policy.throttles import Rates
from ftpd_service.policy.tls_networks import TlsNetworks
from ftpd_service.policy.truncation import TruncatedUploads
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.storage.settings import StorageSettings, UploadMode
from ftpd_service.tls.settings import MODERN_CIPHERS, ClientCertificate, KeyPair, MinimumVersion, TlsSettings
from ftpd_service.values import ResumptionMode

_RATES = frozenset(RatesSection.model_fields)


def build(sections: FileSections, *, source: str) -> Config:
    """The whole configuration of a file whose sections are right."""
    limits = sections.limits
    return Config(
        listeners=tuple(_listener(one, sections.tls) for one in sections.listeners),
        session=SessionSettings(
            dot_files=sections.listing.dot_files,
            active=sections.data_connections.active,
            failed_logins=limits.failed_logins,
            idle_seconds=limits.idle_timeout,
            data_protection_required=sections.tls.data_protection == "required",
            require_pbsz=sections.tls.require_pbsz,
            tls_networks=TlsNetworks(required=sections.tls.required_from, excepted=sections.tls.required_except),
        ),
        control=ControlSettings(
            login_seconds=limits.login_timeout,
            strict_line_ends=sections.commands.strict_line_ends,
            ipv6_prefix=limits.ipv6_prefix,
        ),
        tls=_tls(sections.tls),
        data=_data(sections.data_connections, limits),
        storage=StorageSettings(
            mode=UploadMode(sections.uploads.mode),
            umask=sections.uploads.umask,
            hidden_prefix=sections.uploads.hidden_prefix,
        ),
        auth=AuthSettings(
            checkers=tuple(_checker(one) for one in sections.auth.checkers),
            verified_seconds=sections.auth.verified_for,
        ),
        accounts=_accounts(sections),
        logging=LoggingSettings(level=sections.logging.level),
        limits=LimitsSettings(
            sessions=limits.sessions,
            sessions_per_host=limits.sessions_per_host,
            rates=_rates(limits),
            drain_seconds=limits.drain_timeout,
        ),
        source=source,
    )


def _listener(section: ListenerSection, tls: TlsSection) -> ListenerSettings:
    return ListenerSettings(
        endpoint=section.endpoint,
        banner=section.banner,
        rates=_rates(section.limits),
        tls=ListenerTls(section.tls or ("explicit" if tls.certificate else "off")),
        data_resumption=_resumption(section.data_resumption),
    )


def _resumption(word: str | None) -> ResumptionMode | None:
    return None if word is None else ResumptionMode(word)


def _tls(section: TlsSection) -> TlsSettings | None:
    pair = _pair(section)
    if pair is None:
        return None
    names = {name.lower(): _pair(other) for name, other in section.names.items()}
    return TlsSettings(
        pair=pair,
        names={name: other for name, other in names.items() if other is not None},
        minimum_version=MinimumVersion(section.minimum_version),
        ciphers=section.ciphers or MODERN_CIPHERS,
        data_resumption=ResumptionMode(section.data_resumption),
        truncated_uploads=TruncatedUploads(section.truncated_uploads),
        client_certificate=ClientCertificate(section.client_certificate),
        client_authorities=section.client_authorities,
    )


def _pair(section: KeyPairSection) -> KeyPair | None:
    if section.certificate is None:
        return None
    return KeyPair(
        certificate=section.certificate,
        private_key=section.private_key,
        password_file=section.private_key_password_file,
    )


def _rates(section: RatesSection, others: RatesSection | None = None) -> Rates:
    """The rates of a section; of the others those that it leaves out: null is said, and means no limit."""
    given = {name: getattr(one, name) for one in (others, section) if one for name in _RATES & one.model_fields_set}
    return Rates(**given)


def _data(section: DataSection, limits: LimitsSection) -> DataSettings:
    return DataSettings(
        passive_ports=section.passive_ports or (),
        passive_addresses=tuple(
            AddressRule(network=rule.network, address=rule.address) for rule in section.passive_address
        ),
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
        accounts={name: _account(section, defaults) for name, section in sections.accounts.items()},
        defaults=None if defaults is None else _account(defaults, None),
        sessions=sections.limits.sessions_per_account,
    )


def _account(section: AccountDefaultsSection, defaults: AccountDefaultsSection | None) -> AccountSettings:
    stored = None
    if isinstance(section, AccountSection):
        stored = section.password if section.password is not None else section.password_file
    return AccountSettings(
        password=stored,
        home=section.home,
        permissions=section.permissions,
        create_home=section.create_home,
        sessions=section.limits.sessions,
        needs_tls=None if section.tls is None else section.tls == "required",
        data_resumption=_resumption(section.data_resumption),
        data_protection_required=None if section.data_protection is None else section.data_protection == "required",
        rates=_rates(section.limits, None if defaults is None else defaults.limits),
    )
