"""The Session: the values of one control connection.  Sockets belong to connections, and handles to coroutines."""

from __future__ import annotations

from ftpd_service.hook_events import HookOrigin
from ftpd_service.hook_interfaces import IRecordsOrigin
from ftpd_service.naming import Naming
from ftpd_service.policy.equal_names import EqualNames, IEqualNames, equal_names
from ftpd_service.policy.refusals import Refusals
from ftpd_service.session.identity import Anyone, LoggedIn, LoginState
from ftpd_service.session.sequence import Sequence
from ftpd_service.session.settings import SessionSettings
from ftpd_service.session.tracing import Tracer
from ftpd_service.values import ROOT, Peer, Representation, SessionId, VirtualPath
from ftpd_service.wire.charsets import UTF8, UTF_8, Charset, charset_named
from ftpd_service.wire.facts import DEFAULT_FACTS, digest_facts


class Session:
    """The state variables of one control connection (RFC 959 sections 4.1 and 5.1).  ``graph/`` makes them.

    :ivar chosen_hash: the algorithm of OPTS HASH, or None.
    :ivar charset: the set of its arguments, replies and listings; it follows the login and OPTS UTF8.
    :ivar cleared: whether CCC has ended TLS on the control connection.
    :ivar equal_names: the names that are the same name for the account, or None if all names differ.
    :ivar told_unfinished: the path and the size of the unfinished upload that the client was told of last, or None.
    :ivar tracers: are told its commands and replies; `LiveSession.trace` adds them.
    """

    __slots__ = (
        "_asked_utf8",
        "charset",
        "chosen_hash",
        "cleared",
        "client_name",
        "cwd",
        "data_protected",
        "epsv_all",
        "equal_names",
        "facts",
        "failed_logins",
        "host",
        "id",
        "idle_seconds",
        "login",
        "pbsz",
        "peer",
        "refusals",
        "representation",
        "sequence",
        "settings",
        "started",
        "told_unfinished",
        "tracers",
    )

    def __init__(self, *, id: SessionId, peer: Peer, settings: SessionSettings, started: float) -> None:
        self.id = id
        self.peer = peer
        self.settings = settings
        self.started = started
        self.failed_logins = 0
        self.refusals = Refusals(started)
        self.login: LoginState = Anyone()
        self.equal_names: EqualNames | None = None
        self.tracers: tuple[Tracer, ...] = ()
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Reset everything except the login to the state of a fresh connection (REIN, AUTH; RFC 959 section 4.1.1)."""
        self.cwd: VirtualPath = ROOT
        self.representation = Representation()
        self.sequence = Sequence()
        self.facts: frozenset[str] = DEFAULT_FACTS
        self.chosen_hash: str | None = None
        self.epsv_all = False
        self.client_name = ""
        self.host = ""
        self.idle_seconds = self.settings.idle_seconds
        self.pbsz = False
        self.cleared = False
        self.told_unfinished: tuple[VirtualPath, int] | None = None
        self.data_protected = False
        self._asked_utf8 = False
        self._choose_charset()

    def restart(self) -> None:
        """Reset the session for AUTH (RFC 4217 section 4); the client's name and the host of HOST stay."""
        host, client_name = self.host, self.client_name
        self.log_out()
        self.reset_parameters()
        self.host, self.client_name = host, client_name

    def follow(self, settings: SessionSettings) -> None:
        """Continue under new settings; a timeout that SITE IDLE has set stays."""
        if self.idle_seconds == self.settings.idle_seconds:
            self.idle_seconds = settings.idle_seconds
        self.settings = settings
        self._choose_charset()

    def log_in(self, login: LoggedIn) -> None:
        """Take a login; the account's keys of ``names`` go before those of the listener."""
        self.login = login
        self.equal_names = equal_names(self.naming)
        if self.equal_names is not None and IEqualNames.providedBy(login.storage):
            IEqualNames(login.storage).regard(self.equal_names)
        if IRecordsOrigin.providedBy(login.storage):
            IRecordsOrigin(login.storage).regard_origin(self.origin)
        self._choose_charset()

    def origin(self) -> HookOrigin:
        """Return the session as events tell it."""
        account = self.login.account if isinstance(self.login, LoggedIn) else None
        return HookOrigin(
            node=self.settings.node,
            session=self.id,
            account=None if account is None else account.name,
            group=None if account is None else account.group,
            address=self.peer.address_text,
            tls=self.peer.secure and not self.cleared,
            listener=self.peer.listener or None,
        )

    @property
    def naming(self) -> Naming:
        """Return the keys of ``names`` that are in force."""
        own = self.settings.names
        return self.login.account.names.over(own) if isinstance(self.login, LoggedIn) else own

    @property
    def legacy(self) -> bool:
        """Return whether another set than UTF-8 is configured for this session."""
        return self.naming.charset != UTF_8

    def ask_for_utf8(self, on: bool) -> None:
        """Speak UTF-8 from now on, whatever set is configured, or the configured set again (OPTS UTF8)."""
        self._asked_utf8 = on
        self._choose_charset()

    def _choose_charset(self) -> None:
        self.charset: Charset = UTF8 if self._asked_utf8 else charset_named(self.naming.charset or UTF_8)

    @property
    def account_name(self) -> str | None:
        """Return the name of the account that is logged in, or None."""
        return self.login.account.name if isinstance(self.login, LoggedIn) else None

    @property
    def hash_algorithm(self) -> str:
        """Return the algorithm of HASH, or an empty text if the configuration has none."""
        configured = self.settings.digests
        return self.chosen_hash if self.chosen_hash in configured else next(iter(configured), "")

    @property
    def digest_facts(self) -> tuple[str, ...]:
        """Return the facts of digests that OPTS MLST may ask for."""
        return digest_facts(self.settings.digests) if self.settings.digest_facts else ()

    @property
    def data_protection_required(self) -> bool:
        """Return whether transfers are refused while PROT is C; the account's setting takes precedence."""
        own = self.login.account.data_protection_required if isinstance(self.login, LoggedIn) else None
        return self.settings.data_protection_required if own is None else own

    def log_out(self) -> None:
        """Forget the login; the realm's logout is called exactly once for each login."""
        login, self.login = self.login, Anyone()
        self.cwd = ROOT
        self.equal_names = None
        self._choose_charset()
        if isinstance(login, LoggedIn):
            login.logout()
