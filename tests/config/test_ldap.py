"""Entries of the kind `ldap` in `auth.checkers`."""

from __future__ import annotations

import os

from ftpd_service.auth.settings import LdapChecker, LdapSearch
from tests.config.files import FileTestCase

BIND = "bind: 'uid={name},ou=people,dc=x'"


class LdapKeysTests(FileTestCase):
    """The keys, and their mistakes."""

    def entry(self, inside: str, more: str = "") -> LdapChecker:
        """The settings of an entry."""
        (checker,) = self.loaded(f"auth: {{checkers: [ldap: {{{inside}}}]}}\n{more}").auth.checkers
        assert isinstance(checker, LdapChecker)
        return checker

    def wrong(self, inside: str) -> tuple[str, str]:
        """The key below the entry, and the text, of the only mistake."""
        problem = self.problem(f"auth: {{checkers: [ldap: {{{inside}}}]}}")
        return problem.path.removeprefix("auth.checkers[0].ldap").lstrip("."), problem.text

    def test_template(self) -> None:
        """The least that an entry needs."""
        expected = LdapChecker(url="ldaps://dir.example.net", bind="uid={name},ou=people,dc=x")
        self.assertEqual(self.entry(f"url: 'ldaps://dir.example.net', {BIND}"), expected)

    def test_search(self) -> None:
        """With all keys; relative files are beside the configuration."""
        entry = self.entry(
            "url: 'ldap://[2001:db8::1]:1389', start_tls: true, authorities: ca.pem, name: uid, connections: 3, "
            "search: {base: 'dc=x', filter: '(uid={name})', bind_dn: 'cn=y', password_file: secret}, "
            "groups: {'cn=b': two, 'cn=a': one}, attributes: {home: homeDirectory}",
            "groups: {one: {}, two: {}}",
        )
        file = os.path.join(self.folder, "secret")
        search = LdapSearch(base="dc=x", filter="(uid={name})", bind_dn="cn=y", password_file=file)
        expected = LdapChecker(
            url="ldap://[2001:db8::1]:1389",
            start_tls=True,
            authorities=os.path.join(self.folder, "ca.pem"),
            search=search,
            name="uid",
            groups=(("cn=b", "two"), ("cn=a", "one")),
            attributes={"home": "homeDirectory"},
            connections=3,
        )
        self.assertEqual(entry, expected)

    def test_urls(self) -> None:
        """Each mistake is told at the key."""
        hosts = ("", "x:0", "x:99999", "x y", "1.2.3")
        for url in ("dir.example.net", "https://x", *(f"ldaps://{host}" for host in hosts)):
            self.assertEqual(self.wrong(f"url: '{url}', {BIND}")[0], "url", url)
        self.assertIn("a host and a port only", self.wrong(f"url: 'ldaps://x/dc=x?uid', {BIND}")[1])

    def test_password_in_a_url(self) -> None:
        """It is refused, and not shown."""
        place, text = self.wrong(f"url: 'ldaps://cn:hunter2@x', {BIND}")
        self.assertEqual(place, "url")
        self.assertNotIn("hunter2", text)

    def test_clear_beyond_this_host(self) -> None:
        """It is refused; StartTLS or a server on this host is needed."""
        self.assertIn("in clear", self.wrong(f"url: 'ldap://dir.example.net', {BIND}")[1])
        for host in ("localhost", "127.0.0.1", "[::1]"):
            self.entry(f"url: 'ldap://{host}', {BIND}")
        self.entry(f"url: 'ldap://dir.example.net', start_tls: true, {BIND}")

    def test_tls_keys_without_tls(self) -> None:
        """They would do nothing."""
        self.assertEqual(self.wrong(f"url: 'ldap://localhost', authorities: ca.pem, {BIND}")[0], "authorities")
        self.assertEqual(self.wrong(f"url: 'ldaps://localhost', start_tls: true, {BIND}")[0], "start_tls")

    def test_bind_or_search(self) -> None:
        """One of both."""
        search = "search: {base: 'dc=x', filter: '(uid={name})'}"
        self.assertIn("either bind or search", self.wrong("url: 'ldaps://x'")[1])
        self.assertIn("found both", self.wrong(f"url: 'ldaps://x', {BIND}, {search}")[1])

    def test_template_without_a_name(self) -> None:
        """Every name would be the same person."""
        self.assertEqual(self.wrong("url: 'ldaps://x', bind: 'uid=alice,dc=x'")[0], "bind")

    def test_filters(self) -> None:
        """They are parsed, and must have the name."""
        for text in ("(uid=alice)", "uid={name}", "(&(uid={name})"):
            place, _ = self.wrong(f"url: 'ldaps://x', search: {{base: 'dc=x', filter: '{text}'}}")
            self.assertEqual(place, "search.filter", text)

    def test_password_of_the_service(self) -> None:
        """It goes with a DN."""
        for key in ("bind_dn: 'cn=x'", "password_file: secret"):
            text = f"url: 'ldaps://x', search: {{base: 'dc=x', filter: '(uid={{name}})', {key}}}"
            self.assertIn("is missing", self.wrong(text)[1])

    def test_group_that_is_not_defined(self) -> None:
        """Each login of a member would fail."""
        place, text = self.wrong(f"url: 'ldaps://x', {BIND}, groups: {{'cn=g': customers}}")
        self.assertEqual((place, text), ("groups.cn=g", "customers is not defined in groups"))

    def test_settings_that_no_attribute_supplies(self) -> None:
        """They are no keys of an account, or hold more than a value."""
        for key in ("hom", "limits", "storage"):
            place, _ = self.wrong(f"url: 'ldaps://x', {BIND}, attributes: {{{key}: cn}}")
            self.assertEqual(place, f"attributes.{key}")
