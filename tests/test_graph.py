"""Which configuration a session has: that of its login; until somebody logs in, the one in force."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import cast

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.schema import Config
from ftpd_service.events import LoginSucceeded
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.policy.tls_networks import TlsNetworks
from ftpd_service.service import FtpService
from ftpd_service.session.session import Session
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.testing.fakes import Recorder
from ftpd_service.tls.settings import ClientCertificate, TlsSettings
from ftpd_service.tls.tls_session import TlsSession
from ftpd_service.values import Permissions, SessionId
from tests.auth.strangers import PEER
from tests.memory_service import LISTENER, ServiceCase
from tests.tls.hands import pair


class GraphCase(ServiceCase):
    """A client that has connected before a reload."""

    def setUp(self) -> None:
        super().setUp()
        self.service = self.started()
        self.early = self.client()

    def reload(self, **settings: object) -> None:
        """Read another configuration."""
        self.reread(self.service, self.config(**settings))


class LoginTests(GraphCase):
    """Each PASS asks the accounts in force."""

    def test_account_that_is_gone(self) -> None:
        """The old password logs nobody in, also on a connection from before."""
        self.reload(accounts={"bob": self.account("b")})
        self.early.say("USER alice")
        self.early.send("PASS secret")
        self.assertEqual(self.early.codes(), [])
        self.reactor.advance(1)
        self.assertEqual(self.early.codes(), [530])

    def test_password_that_is_another(self) -> None:
        """The new password is right at once."""
        self.reload(accounts={"alice": self.account("new")})
        self.assertEqual(self.early.log_in("alice", "new"), 230)

    def test_reload_between_user_and_pass(self) -> None:
        """PASS is what counts."""
        self.early.say("USER alice")
        self.reload(accounts={"alice": self.account("new")})
        self.assertEqual(self.early.say("PASS new"), [230])

    def test_session_that_logs_in_again(self) -> None:
        """A session that was logged in before the reload asks the new accounts for its next login."""
        self.early.log_in("alice", "secret")
        self.reload(accounts={"alice": self.account("new"), "bob": self.account("b")})
        self.assertEqual(self.early.log_in("bob", "b"), 230)
        self.early.say("USER alice")
        self.early.send("PASS secret")
        self.reactor.advance(1)
        self.assertEqual(self.early.codes(), [530])

    def test_permissions_and_home_are_the_new_ones(self) -> None:
        """They belong to the account."""
        other = os.path.abspath(self.mktemp())
        os.makedirs(other)
        account = replace(self.account(), home=other, permissions=Permissions.LIST | Permissions.MAKE_DIRECTORY)
        self.reload(accounts={"alice": account})
        self.early.log_in("alice", "secret")
        self.assertEqual((self.early.say("MKD d"), os.listdir(other), os.listdir(self.home)), ([257], ["d"], []))
        self.assertEqual(self.early.say("RMD d"), [550])

    def test_session_that_is_logged_in_keeps_home_and_login(self) -> None:
        """The files of a session are opened once, and a new password counts at the next login."""
        self.early.log_in("alice", "secret")
        other = os.path.abspath(self.mktemp())
        self.reload(accounts={"alice": replace(self.account("new"), home=other)})
        self.assertEqual((self.early.say("MKD d"), os.listdir(self.home)), ([257], ["d"]))

    def test_new_permissions_count_in_live_sessions(self) -> None:
        """All sessions of an account share its record."""
        self.early.log_in("alice", "secret")
        self.reload(accounts={"alice": replace(self.account(), permissions=Permissions.LIST)})
        self.assertEqual(self.early.say("MKD d"), [550])

    def test_account_that_is_gone_ends_its_sessions(self) -> None:
        """They get 421; the sessions of others go on."""
        self.reload(accounts={"alice": self.account(), "bob": self.account("b")})
        other = self.client()
        self.early.log_in("alice", "secret")
        other.log_in("bob", "b")
        self.reload(accounts={"bob": self.account("b")})
        self.assertEqual((self.early.codes(), other.say("NOOP")), ([421], [200]))
        told = "account 'alice' has ended (the account is gone or disabled): 1 sessions are closed"
        self.assertEqual(self.log.count(told), 1)

    def test_defaults_keep_no_session_of_an_entry_alive(self) -> None:
        """Whoever logged in by an entry has no account without it, although the defaults know every name."""
        self.early.log_in("alice", "secret")
        self.reload(accounts=AccountsSettings(defaults=self.account()))
        self.assertEqual(self.early.codes(), [421])


class ObserverTests(GraphCase):
    """Observers of the program that the service runs in."""

    def test_they_are_given_events_after_a_reload_too(self) -> None:
        """Each event of the sessions, old and new."""
        seen = Recorder()
        reactor = cast(PosixReactorBase, self.reactor)  # it has what the service uses
        service = FtpService(self.files[-1], self.read, reactor, observers=[seen])
        service.privilegedStartService()
        self.client(listener=1).log_in("alice", "secret")
        self.reread(service, self.config())
        self.client(listener=1).log_in("alice", "secret")
        self.assertEqual([type(event) for event in seen.events].count(LoginSucceeded), 2)


class TlsTests(GraphCase):
    """What is asked of a connection in clear is what the configuration in force asks."""

    def secured(self, tls: ListenerTls = ListenerTls.EXPLICIT, **settings: object) -> dict[str, object]:
        """Settings with a certificate."""
        certificate = TlsSettings(pair=pair(self.mktemp(), "localhost"))
        return {"tls": certificate, "listeners": (replace(LISTENER, tls=tls),), **settings}

    def test_account_that_needs_tls_now(self) -> None:
        """Its password is not looked at in clear."""
        accounts = {"alice": self.account(needs_tls=True)}
        self.reload(**self.secured(accounts=accounts))
        self.assertEqual(self.early.log_in("alice", "secret"), 530)
        self.assertEqual(self.log.count("TlsRequired: the password was not checked"), 1)

    def test_network_that_needs_tls_now(self) -> None:
        """``tls.required_from``."""
        networks = TlsNetworks(required=(None,))
        self.reload(**self.secured(session=SessionSettings(tls_networks=networks)))
        self.assertEqual(self.early.log_in("alice", "secret"), 530)

    def test_listener_that_needs_tls_now(self) -> None:
        """USER is refused."""
        self.reload(**self.secured(ListenerTls.REQUIRED))
        self.assertEqual(self.early.say("USER alice"), [530])

    def test_session_that_is_logged_in_stays_in_clear(self) -> None:
        """Until it says USER again."""
        self.early.log_in("alice", "secret")
        self.reload(**self.secured(ListenerTls.REQUIRED))
        self.assertEqual(self.early.say("MKD d", "USER alice", "USER alice"), [257, 331, 530])

    def test_data_protection_that_is_required_now(self) -> None:
        """Of whoever logs in from now on."""
        self.reload(**self.secured(session=SessionSettings(data_protection_required=True)))
        late = self.client()
        for client in (self.early, late):
            client.log_in("alice", "secret")
        self.assertEqual([client.say("EPSV", "LIST")[-1] for client in (self.early, late)], [522, 522])

    def test_tls_is_offered_where_it_was_not(self) -> None:
        """A session from before the certificate can begin TLS with it."""
        before = self.early.say("AUTH TLS")
        self.reload(**self.secured())
        self.assertEqual((before, self.early.say("AUTH TLS")), ([502], [234]))

    def test_tls_begins_with_the_certificate_in_force(self) -> None:
        """Those of the old configuration are watched no longer, and may have expired."""
        self.reload(**self.secured())
        self.early = self.client()
        self.reload(**self.secured())
        (factory,) = self.service._factories()
        known = [getattr(parts.tls, "_certificates", None) for parts in factory._live.values()]
        self.assertEqual(known, [self.service._in_force.graph.certificates] * 2)

    def test_handshake_that_goes_on_stays_as_it_began(self) -> None:
        """Its client has been told 234: it has one context from beginning to end."""
        for later in (self.secured(), {}):
            self.reload(**self.secured())
            client = self.client()
            self.assertEqual(client.say("AUTH TLS"), [234])
            parts = list(self.service._factories()[0]._live.values())[-1]
            tls = parts.tls
            self.reload(**later)
            self.assertIs(parts.tls, tls)

    def test_auth_of_a_session_that_was_logged_in(self) -> None:
        """AUTH ends the login; the certificate is the one in force."""
        self.reload(**self.secured())
        self.early.log_in("alice", "secret")
        self.reload(**self.secured())
        self.early.say("AUTH TLS")
        (parts,) = self.service._factories()[0]._live.values()
        self.assertIs(getattr(parts.tls, "_certificates", None), self.service._in_force.graph.certificates)

    def test_auth_where_the_certificate_has_gone(self) -> None:
        """The login ends as with any AUTH, and the reply is that of a session that has never had one."""
        self.reload(**self.secured())
        clients = [self.early, self.client()]
        for client in clients:
            client.log_in("alice", "secret")
        self.reload()
        self.assertEqual(clients[0].say("AUTH TLS", "PWD"), [431, 530])
        self.assertEqual(clients[1].say("AUTH SSL", "PWD"), [431, 530])

    def test_reload_of_the_same_file_is_one_more_configuration(self) -> None:
        """Nothing hangs on what has changed."""
        self.reload()
        self.assertEqual(self.early.log_in("alice", "secret"), 230)


class CertificateLoginTests(GraphCase):
    """Logins by a certificate that was judged before the reload."""

    def test_certificate_counts_no_longer(self) -> None:
        """The authorities that it was judged by may be gone: its client has to connect again."""
        settings = TlsSettings(pair=pair(self.mktemp(), "localhost"), client_certificate=ClientCertificate.LOGIN)
        explicit = (replace(LISTENER, tls=ListenerTls.EXPLICIT),)
        self.reload(tls=settings, listeners=explicit)
        (parts,) = self.service._factories()[0]._live.values()
        assert isinstance(parts.tls, TlsSession)
        self.patch(parts.tls, "started", lambda: True)
        self.patch(parts.tls, "client_name", lambda: "alice")
        parts.session.peer = replace(parts.session.peer, secure=True)
        before = self.early.say("USER alice")
        self.reload(tls=settings, listeners=explicit)
        self.assertEqual((before, self.early.say("USER alice")), ([232], [331]))

    def test_certificate_counts_again_behind_rein(self) -> None:
        """TLS that begins behind it is judged by the configuration in force."""
        settings = TlsSettings(pair=pair(self.mktemp(), "localhost"), client_certificate=ClientCertificate.LOGIN)
        explicit = (replace(LISTENER, tls=ListenerTls.EXPLICIT),)
        self.reload(tls=settings, listeners=explicit)
        (parts,) = self.service._factories()[0]._live.values()
        former = parts.tls
        assert isinstance(former, TlsSession)
        former.records()
        self.reload(tls=settings, listeners=explicit)
        self.assertFalse(parts.certificate_counts)
        self.early.say("REIN")
        self.assertTrue(parts.certificate_counts)
        self.assertIs(getattr(parts.tls, "_certificates", None), self.service._in_force.graph.certificates)
        self.assertIsNot(parts.tls, former)


class SettingsTests(GraphCase):
    """The rest of what a session has been told."""

    def idle(self, seconds: float) -> Config:
        """A configuration with another idle time."""
        return self.config(session=SessionSettings(idle_seconds=seconds))

    def test_banner_of_the_listener(self) -> None:
        """REIN says it again."""
        self.reread(self.service, self.config(listeners=(replace(LISTENER, banner="another"),)))
        self.early.say("REIN")
        self.assertIn(b"220 another", self.early.transport.written())

    def test_data_connections(self) -> None:
        """Their settings are those of the configuration in force."""
        self.early.codes()
        config = self.config()
        self.reread(self.service, replace(config, data=replace(config.data, stall_seconds=7.0)))
        (parts,) = self.service._factories()[0]._live.values()
        self.assertEqual(parts.data._settings.stall_seconds, 7.0)  # type: ignore[attr-defined]  # of `DataChannel`

    def test_idle_time_follows(self) -> None:
        """And a time that SITE IDLE has set stays."""
        old, new = SessionSettings(idle_seconds=900), SessionSettings(idle_seconds=600)
        untouched, lowered = (Session(id=SessionId("s"), peer=PEER, settings=old, started=0.0) for _ in range(2))
        lowered.idle_seconds = 60
        untouched.follow(new)
        lowered.follow(new)
        self.assertEqual((untouched.idle_seconds, lowered.idle_seconds), (600, 60))


class CommandLineTests(ServiceCase):
    """Commands in the log, by the level of the configuration under which the client has connected."""

    def lines(self, level: str) -> tuple[int, int]:
        """How many lines say that a command was carried out, and that another was refused."""
        self.started(self.config(logging=LoggingSettings(level=level)))
        self.client().say("NOOP", "PWD")
        return self.log.count("NOOP -> 200"), self.log.count("PWD refused with 530")

    def test_debug_has_each_command(self) -> None:
        """With its reply."""
        self.assertEqual(self.lines("debug"), (1, 1))

    def test_info_has_refusals(self) -> None:
        """And no other command."""
        self.assertEqual(self.lines("info"), (0, 1))

    def test_warn_has_none(self) -> None:
        """No command is worth a warning."""
        self.assertEqual(self.lines("warn"), (0, 0))
