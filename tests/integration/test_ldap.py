"""The checker `ldap` with OpenLDAP: names, passwords, groups, TLS."""

from __future__ import annotations

import ftplib
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.account import AccountSettings
from ftpd_service.auth.checkers.ldap import LdapAsking
from ftpd_service.auth.credentials import Accepted, HeldName
from ftpd_service.auth.plugins import find_checker
from ftpd_service.auth.settings import LdapChecker, LdapSearch
from ftpd_service.config.account_text import read_account
from ftpd_service.errors import LoginUnavailable
from tests.auth.making import parts_with
from tests.auth.strangers import credentials
from tests.cases import SynchronousTestCase, TestCase
from tests.integration.slapd import GROUPS, PEOPLE, SERVICE, SERVICE_PASSWORD, STRANGE_NAME, SUFFIX, Slapd, slapd
from tests.interop.server import Server

UNSEARCHED = f"uid={{name}},{PEOPLE}"


class LdapCase(TestCase):
    """Checkers of the directory."""

    def setUp(self) -> None:
        self.slapd: Slapd = slapd()
        self.password_file = self.mktemp()
        self.write_password(SERVICE_PASSWORD)

    def write_password(self, password: str) -> None:
        """Write the file of the service's password."""
        Path(self.password_file).write_text(f"{password}\n")

    def checker(self, **more: Any) -> LdapAsking:  # Any: the fields of the settings
        """A checker, by default without TLS and by template."""
        values: dict[str, Any] = {"url": f"ldap://127.0.0.1:{self.slapd.port}", **more}
        if "search" not in values:
            values = {"bind": UNSEARCHED, **values}
        found = find_checker(LdapChecker(**values))
        checker = found.make(replace(parts_with(), reactor=cast(PosixReactorBase, reactor)))
        assert isinstance(checker, LdapAsking)
        self.addCleanup(checker.end)
        return checker

    def search(self, **more: Any) -> LdapSearch:  # Any: as above
        """A search by the service's login."""
        own = {"bind_dn": SERVICE, "password_file": self.password_file}
        return LdapSearch(**{"base": SUFFIX, "filter": "(uid={name})", **own, **more})

    async def ask(self, checker: ICredentialsChecker, name: str = "alice", password: str = "hunter2") -> Accepted:
        """The answer to a login."""
        answer = await checker.requestAvatarId(credentials(name.encode(), password.encode()))
        assert isinstance(answer, Accepted)
        return answer

    def asking(
        self, checker: ICredentialsChecker, name: str = "alice", password: str = "hunter2"
    ) -> Deferred[Accepted]:
        """The same as a Deferred."""
        return Deferred.fromCoroutine(self.ask(checker, name, password))

    async def refused(self, kind: type[Exception], asked: Coroutine[Any, Any, Accepted]) -> str:
        """The text of the refusal of a login."""
        return str(await self.assertFailure(Deferred.fromCoroutine(asked), kind))


class TemplateTests(LdapCase):
    """Logins by a template of the DN."""

    async def test_right_password(self) -> None:
        """The account is the value of the attribute."""
        self.assertEqual(await self.ask(self.checker()), b"alice")

    async def test_wrong_password(self) -> None:
        """Nobody knows whether the name is there, so other checkers may have it."""
        self.assertNotIsInstance(
            await self.assertFailure(self.asking(self.checker(), password="wrong"), UnauthorizedLogin), HeldName
        )

    async def test_unknown_name(self) -> None:
        """Likewise."""
        await self.refused(UnauthorizedLogin, self.ask(self.checker(), "nobody"))

    async def test_empty_password(self) -> None:
        """It reaches no server, where it would be an anonymous login and a success (RFC 4513 section 5.1.2)."""
        checker = self.checker(url="ldap://127.0.0.1:1")
        await self.refused(UnauthorizedLogin, self.ask(checker, password=""))

    async def test_other_spelling(self) -> None:
        """It is the same account, so that no rule of the account can be evaded."""
        self.assertEqual(await self.ask(self.checker(), "ALICE"), b"alice")
        self.assertEqual(await self.ask(self.checker(), "carol"), b"Carol")

    async def test_entry_that_its_person_may_not_read(self) -> None:
        """Only the spelling in lower case is accepted then."""
        checker = self.checker(bind=f"uid={{name}},ou=hidden,{SUFFIX}")
        self.assertEqual(await self.ask(checker, "eve"), b"eve")
        self.assertIn("lower case", await self.refused(HeldName, self.ask(checker, "Eve")))

    async def test_name_of_syntax(self) -> None:
        """All of it is the name."""
        self.assertEqual(
            await self.ask(self.checker(bind=f"cn={{name}},{PEOPLE}", name="cn"), "first twin"), b"first twin"
        )
        await self.refused(UnauthorizedLogin, self.ask(self.checker(), f"alice,{PEOPLE}"))
        await self.refused(UnauthorizedLogin, self.ask(self.checker(), "alice+cn=alice"))

    async def test_group(self) -> None:
        """The person's own login reads it."""
        checker = self.checker(groups=((f"cn=customers,{GROUPS}", "customers"),))
        self.assertEqual((await self.ask(checker, "bob")).settings, AccountSettings(group="customers"))
        self.assertIsNone((await self.ask(checker, "alice")).settings)


class SearchTests(LdapCase):
    """Logins by a search."""

    async def test_right_password(self) -> None:
        """The entry may be anywhere below the base."""
        self.assertEqual(await self.ask(self.checker(search=self.search())), b"alice")

    async def test_wrong_password(self) -> None:
        """The directory holds the name, so no other checker is asked."""
        await self.refused(HeldName, self.ask(self.checker(search=self.search()), password="wrong"))

    async def test_unknown_name(self) -> None:
        """Another checker may have it."""
        error = await self.assertFailure(self.asking(self.checker(search=self.search()), "nobody"), UnauthorizedLogin)
        self.assertNotIsInstance(error, HeldName)

    async def test_entry_that_only_the_service_may_read(self) -> None:
        """Its own spelling is known then."""
        self.assertEqual(await self.ask(self.checker(search=self.search()), "eve"), b"Eve")

    async def test_two_entries(self) -> None:
        """Neither is logged in."""
        text = await self.refused(HeldName, self.ask(self.checker(search=self.search()), "twin"))
        self.assertIn("more than one", text)

    async def test_name_of_syntax(self) -> None:
        """All of it is the name, in filters of each kind."""
        checker = self.checker(search=self.search())
        self.assertEqual(await self.ask(checker, STRANGE_NAME), STRANGE_NAME.encode())
        for name in ("*", "a*", "alice)(uid=*", "*)(|(uid=alice", "\\61lice"):
            await self.refused(UnauthorizedLogin, self.ask(checker, name))

    async def test_name_of_syntax_as_a_part(self) -> None:
        """The same where the name is a part of a value."""
        checker = self.checker(search=self.search(filter="(&(objectClass=person)(|(uid={name})(uid={name}*nothing)))"))
        self.assertEqual(await self.ask(checker), b"alice")
        await self.refused(UnauthorizedLogin, self.ask(checker, "*"))

    async def test_wrong_login_of_the_service(self) -> None:
        """It says nothing about the person's password."""
        self.write_password("wrong")
        text = await self.refused(LoginUnavailable, self.ask(self.checker(search=self.search())))
        self.assertIn("search.bind_dn", text)

    async def test_base_that_is_not_there(self) -> None:
        """Likewise: nothing is known about the name."""
        checker = self.checker(search=self.search(base=f"ou=nowhere,{SUFFIX}"))
        self.assertIn("the search fails", await self.refused(LoginUnavailable, self.ask(checker)))

    async def test_groups(self) -> None:
        """The first decides, by each way to be a member."""
        groups = tuple((f"cn={name},{GROUPS}", name) for name in ("missing", "customers", "unique", "posix"))
        checker = self.checker(search=self.search(), groups=groups)
        found = [(await self.ask(checker, name)).settings for name in ("alice", "bob", "CAROL", "dave")]
        expected = [*(AccountSettings(group=name) for name in ("unique", "customers", "posix")), None]
        self.assertEqual(found, expected)

    async def test_attributes(self) -> None:
        """They are read as the configuration would read them."""
        checker = self.checker(search=self.search(), attributes={"home": "description", "permissions": "employeeType"})
        answer = await self.ask(checker, "bob")
        expected = read_account({"home": "/srv/ftp/bob", "permissions": "write"}, folder="/")
        self.assertEqual(answer.settings, expected)
        self.assertIsNone((await self.ask(checker, "alice")).settings)

    async def test_attribute_that_is_wrong(self) -> None:
        """The login fails for now, and the log names the key."""
        checker = self.checker(search=self.search(), attributes={"permissions": "sn"})
        self.assertIn("permissions", await self.refused(LoginUnavailable, self.ask(checker)))


class TlsTests(LdapCase):
    """Connections with TLS."""

    def secured(self, *, host: str = "localhost", start: bool = False, trusting: bool = True) -> LdapAsking:
        """A checker with TLS from the beginning, or by StartTLS."""
        url = f"ldap://{host}:{self.slapd.port}" if start else f"ldaps://{host}:{self.slapd.tls_port}"
        authorities = self.slapd.authorities if trusting else None
        return self.checker(url=url, start_tls=start, authorities=authorities)

    async def test_ldaps(self) -> None:
        """The certificate is trusted and names the host."""
        self.assertEqual(await self.ask(self.secured()), b"alice")

    async def test_start_tls(self) -> None:
        """Likewise."""
        self.assertEqual(await self.ask(self.secured(start=True)), b"alice")

    async def test_wrong_password(self) -> None:
        """It is refused as without TLS."""
        await self.refused(UnauthorizedLogin, self.ask(self.secured(start=True), password="wrong"))

    async def not_sent(self, checker: LdapAsking) -> str:
        """The reason why a login is not even sent."""
        before = len(self.slapd.output)
        text = await self.refused(LoginUnavailable, self.ask(checker, "nevertold"))
        self.assertNotIn("nevertold", self.slapd.output[before:])
        return text

    async def test_certificate_for_another_name(self) -> None:
        """No password is sent."""
        self.assertIn("certificate", await self.not_sent(self.secured(host="127.0.0.1")))

    async def test_certificate_for_another_name_behind_start_tls(self) -> None:
        """Likewise."""
        self.assertIn("certificate", await self.not_sent(self.secured(host="127.0.0.1", start=True)))

    async def test_certificate_of_an_unknown_authority(self) -> None:
        """Likewise."""
        self.assertIn("certificate", await self.not_sent(self.secured(trusting=False)))
        self.assertIn("certificate", await self.not_sent(self.secured(trusting=False, start=True)))


class OutageTests(LdapCase):
    """A server that is gone."""

    def setUp(self) -> None:
        super().setUp()
        self.slapd = Slapd()
        self.addCleanup(self.slapd.stop)

    async def test_server_that_comes_back(self) -> None:
        """Logins fail for now meanwhile, and go on without a restart."""
        checker = self.checker()
        self.assertEqual(await self.ask(checker), b"alice")
        self.slapd.end()
        await self.refused(LoginUnavailable, self.ask(checker))
        self.slapd.run()
        self.assertEqual(await self.ask(checker), b"alice")

    async def test_many_at_once(self) -> None:
        """Connections are bounded, and each login gets its own answer."""
        checker = self.checker(connections=3)
        waiting = [self.asking(checker, password="hunter2" if right else "wrong") for right in (1, 0) * 5]
        outcomes = [await one.addBoth(lambda result: isinstance(result, Accepted)) for one in waiting]
        self.assertEqual(outcomes, [True, False] * 5)


class ServiceTests(SynchronousTestCase):
    """The whole service, asked by FTP."""

    def test_login(self) -> None:
        """The group of the directory decides the permissions; a wrong password is 530, a server that is gone 421."""
        server = Server(extra="")
        self.addCleanup(server.stop)
        own = Slapd()
        self.addCleanup(own.stop)
        (server.folder / "ldap.password").write_text(SERVICE_PASSWORD)
        server.write(
            extra="auth: {verified_for: 0, checkers: [accounts, ldap: {\n"
            f"  url: 'ldap://localhost:{own.port}', start_tls: true, authorities: {own.authorities},\n"
            f"  search: {{base: '{SUFFIX}', filter: '(uid={{name}})', bind_dn: '{SERVICE}',\n"
            "           password_file: ldap.password},\n"
            f"  groups: {{'cn=customers,{GROUPS}': customers}}}}]}}\n"
            "groups: {customers: {permissions: write}}\n"
            "account_defaults: {home: home, permissions: read}\n"
        )
        server.start()
        self.assertEqual(self.login(server, "bob", "hunter2", "MKD x")[:3], "257")
        self.assertEqual(self.login(server, "dave", "hunter2", "MKD y")[:3], "550")
        self.assertEqual(self.login(server, "bob", "wrong")[:3], "530")
        own.end()
        self.assertEqual(self.login(server, "bob", "hunter2")[:3], "421")

    def login(self, server: Server, name: str, password: str, command: str = "NOOP") -> str:
        """The reply to a command behind a login, or the refusal of the login."""
        client = ftplib.FTP(timeout=60)
        self.addCleanup(client.close)
        client.connect("127.0.0.1", server.port)
        try:
            client.login(name, password)
            return client.sendcmd(command)
        except ftplib.Error as refusal:
            return str(refusal)
