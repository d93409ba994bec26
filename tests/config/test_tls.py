"""The section ``tls``, and what listeners and accounts say of TLS."""

from __future__ import annotations

import os
from ipaddress import ip_network

from ftpd_service.config.differences import changed
from ftpd_service.policy.tls_networks import TlsNetworks
from ftpd_service.policy.truncation import TruncatedUploads
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.session.settings import ListenerTls
from ftpd_service.tls.settings import (
    COMPATIBLE_CIPHERS,
    MODERN_CIPHERS,
    ClientCertificate,
    KeyPair,
    MinimumVersion,
    TlsSettings,
)
from tests.config.files import FileTestCase

PAIR = "tls: {certificate: c.pem, private_key: k.pem}\n"


class Listeners(FileTestCase):
    """``listeners.tls``."""

    def tls(self, text: str) -> list[ListenerTls]:
        """What each listener has."""
        return [listener.tls for listener in self.loaded(text).listeners]

    def test_absent(self) -> None:
        """Offered where there is a certificate, else off."""
        self.assertEqual(self.tls(PAIR), [ListenerTls.EXPLICIT])
        self.assertEqual(self.tls(""), [ListenerTls.OFF])

    def test_words(self) -> None:
        """Each listener has its own."""
        listeners = ", ".join(
            f"{{endpoint: 'tcp:{port}', tls: {word}}}"
            for port, word in enumerate(("off", "explicit", "required", "implicit"), 2121)
        )
        self.assertEqual(self.tls(f"{PAIR}listeners: [{listeners}]"), list(ListenerTls))

    def test_demanded_without_a_certificate(self) -> None:
        """Nobody could log in."""
        self.assertEqual(self.problem("listeners: [{tls: required}]").text, "needs tls.certificate")
        self.assertEqual(self.problem("listeners: [{tls: implicit}]").text, "needs tls.certificate")

    def test_offered_without_a_certificate(self) -> None:
        """Worth a warning."""
        config = self.loaded("listeners: [{tls: explicit}]")
        self.assertEqual(config.listeners[0].tls, ListenerTls.EXPLICIT)
        self.assertIn("AUTH is answered 431", config.warnings[-1])


class Section(FileTestCase):
    """``tls``."""

    def test_the_least(self) -> None:
        """A certificate, and all defaults; paths are relative to the file."""
        pair = KeyPair(certificate=os.path.join(self.folder, "c.pem"), private_key=os.path.join(self.folder, "k.pem"))
        self.assertEqual(self.loaded(PAIR).tls, TlsSettings(pair=pair))

    def test_without(self) -> None:
        """There is none."""
        self.assertIsNone(self.loaded("tls: {}").tls)

    def test_everything(self) -> None:
        """Each key reaches its setting."""
        config = self.loaded(
            """
            tls:
              certificate: /c.pem
              private_key_password_file: /p
              names: {Other.Example.net: {certificate: /o.pem, private_key: /o.key}}
              minimum_version: "1.3"
              ciphers: ECDHE-RSA-AES256-GCM-SHA384
              data_resumption: required
              data_protection: required
              require_pbsz: true
              truncated_uploads: refuse
              client_authorities: /ca.pem
              client_certificate: login
            """
        )
        self.assertEqual(
            config.tls,
            TlsSettings(
                pair=KeyPair(certificate="/c.pem", password_file="/p"),
                names={"other.example.net": KeyPair(certificate="/o.pem", private_key="/o.key")},
                minimum_version=MinimumVersion.TLS_1_3,
                ciphers="ECDHE-RSA-AES256-GCM-SHA384",
                data_resumption=ResumptionMode.REQUIRED,
                truncated_uploads=TruncatedUploads.REFUSE,
                client_certificate=ClientCertificate.LOGIN,
                client_authorities="/ca.pem",
            ),
        )
        self.assertTrue(config.session.data_protection_required and config.session.require_pbsz)

    def test_nulls(self) -> None:
        """Where the reference has null, the file may say it."""
        text = "tls: {certificate: /c.pem, private_key_password_file: null, client_authorities: null}"
        self.assertEqual(self.loaded(text).tls, TlsSettings(pair=KeyPair(certificate="/c.pem")))

    def test_a_version_without_quotes(self) -> None:
        """YAML makes it a number, and it is meant all the same."""
        config = self.loaded("tls: {certificate: /c.pem, minimum_version: 1.3}")
        assert config.tls is not None
        self.assertEqual(config.tls.minimum_version, MinimumVersion.TLS_1_3)

    def test_an_old_version(self) -> None:
        """There is no way to it (RFC 9325 section 3.1.1)."""
        problem = self.problem('tls: {certificate: /c.pem, minimum_version: "1.1"}')
        self.assertEqual(problem.text, 'expected 1.2 or 1.3, found "1.1"')

    def test_without_a_certificate(self) -> None:
        """Other keys alone would be ignored."""
        self.assertEqual(self.problem("tls: {minimum_version: '1.3'}").text, "certificate is missing")

    def test_a_name_without_a_certificate(self) -> None:
        """Likewise."""
        problem = self.problem("tls: {certificate: /c.pem, names: {x.example: {private_key: /k}}}")
        self.assertEqual((problem.path, problem.text), ("tls.names.x.example", "certificate is missing"))

    def test_client_certificates_without_authorities(self) -> None:
        """Nobody could have one."""
        problem = self.problem("tls: {certificate: /c.pem, client_certificate: login}")
        self.assertEqual(problem.path, "tls.client_certificate")

    def test_an_unknown_key_below_a_name(self) -> None:
        """Is told with the one that may have been meant."""
        problem = self.problem("tls: {certificate: /c.pem, names: {x.example: {certificate: /x, privat_key: /k}}}")
        self.assertEqual(problem.text, "unknown key; did you mean private_key?")

    def test_a_path_with_a_tilde(self) -> None:
        """Nobody expands it."""
        self.assertIn("without ~", self.problem("tls: {certificate: ~/c.pem}").text)


class Resumption(FileTestCase):
    """``data_resumption`` of listeners and accounts, ``data_protection`` of accounts."""

    def test_protection_of_an_account(self) -> None:
        """What it says, and what the defaults say."""
        text = "accounts: {a: {data_protection: required}, b: {}}\naccount_defaults: {data_protection: optional}\n"
        settings = self.loaded(PAIR + text).accounts
        said = [account.data_protection_required for account in settings.accounts.values()]
        self.assertEqual(said, [True, None])
        self.assertTrue(settings.defaults and settings.defaults.data_protection_required is False)

    def test_protection_without_a_certificate(self) -> None:
        """Nobody could transfer anything."""
        problem = self.problem("accounts: {a: {data_protection: required}}")
        self.assertEqual(problem.text, "needs tls.certificate")

    def test_of_a_listener(self) -> None:
        """Its own word, or none."""
        config = self.loaded(PAIR + "listeners: [{data_resumption: required}, {endpoint: 'tcp:1'}]")
        self.assertEqual([one.data_resumption for one in config.listeners], [ResumptionMode.REQUIRED, None])

    def test_of_an_account(self) -> None:
        """Likewise, and of the defaults."""
        text = "accounts: {a: {data_resumption: off}, b: {}}\naccount_defaults: {data_resumption: sticky}\n"
        settings = self.loaded(PAIR + text).accounts
        said = [account.data_resumption for account in settings.accounts.values()]
        self.assertEqual(said, [ResumptionMode.OFF, None])
        self.assertTrue(settings.defaults and settings.defaults.data_resumption is ResumptionMode.STICKY)

    def test_another_word(self) -> None:
        """Is told with those that there are."""
        problem = self.problem(PAIR + "accounts: {a: {data_resumption: always}}")
        self.assertEqual(problem.text, 'expected off, report, sticky or required, found "always"')

    def test_the_word_that_was(self) -> None:
        """The error names what took its place, wherever it stands."""
        for text in ("accounts: {a: {data_resumption: verify}}", "listeners: [{data_resumption: verify}]"):
            self.assertIn("verify is sticky now", self.problem(PAIR + text).text)
        problem = self.problem("tls: {certificate: c.pem, data_resumption: verify}")
        self.assertIn("the default is report, which refuses nobody", problem.text)

    def test_without_a_certificate(self) -> None:
        """It would be ignored."""
        for text in (
            "listeners: [{data_resumption: off}]",
            "accounts: {a: {data_resumption: off}}",
            "account_defaults: {data_resumption: off}",
        ):
            self.assertEqual(self.problem(text).text, "needs tls.certificate")

    def test_on_a_listener_without_tls(self) -> None:
        """Likewise."""
        problem = self.problem(PAIR + "listeners: [{tls: off, data_resumption: required}]")
        self.assertEqual(problem.path, "listeners[0].data_resumption")
        self.assertEqual(problem.text, "goes only with TLS: this listener has tls: off")

    def test_of_a_listener_behind_the_defaults(self) -> None:
        """Every account has a word of its own then: worth a warning."""
        text = "listeners: [{data_resumption: off}]\naccount_defaults: {data_resumption: sticky}\n"
        told = [text for text in self.loaded(PAIR + text).warnings if "counts for nobody" in text]
        self.assertEqual(len(told), 1)


class Ciphers(FileTestCase):
    """``ciphers`` of the section and of listeners."""

    def ciphers(self, text: str) -> str:
        """What the section comes to."""
        tls = self.loaded(f"tls: {{certificate: /c.pem, ciphers: {text}}}").tls
        assert tls is not None
        return tls.ciphers

    def test_words(self) -> None:
        """Two lists of ours."""
        self.assertEqual(self.ciphers("modern"), MODERN_CIPHERS)
        self.assertEqual(self.ciphers("compatible"), COMPATIBLE_CIPHERS)

    def test_a_list(self) -> None:
        """As OpenSSL has them."""
        self.assertEqual(self.ciphers('"ECDHE+AESGCM:!aNULL"'), "ECDHE+AESGCM:!aNULL")

    def test_no_list(self) -> None:
        """It is told with its line, before anything is started."""
        problem = self.problem("tls:\n  certificate: /c.pem\n  ciphers: NONSENSE")
        self.assertEqual((problem.path, problem.line), ("tls.ciphers", 3))
        self.assertEqual(
            problem.text, "expected modern, compatible or OpenSSL's list of ciphers; OpenSSL says: no cipher match"
        )

    def test_no_text(self) -> None:
        """Likewise."""
        for text in ("null", "''", "[modern]"):
            problem = self.problem(f"tls: {{certificate: /c.pem, ciphers: {text}}}")
            self.assertIn("expected modern, compatible or OpenSSL's list of ciphers, found", problem.text)

    def test_of_a_listener(self) -> None:
        """Its own word, or none."""
        config = self.loaded(PAIR + "listeners: [{ciphers: compatible}, {endpoint: 'tcp:1'}]")
        self.assertEqual([one.ciphers for one in config.listeners], [COMPATIBLE_CIPHERS, None])

    def test_of_a_listener_without_tls(self) -> None:
        """It would be ignored."""
        problem = self.problem(PAIR + "listeners: [{tls: off, ciphers: compatible}]")
        self.assertEqual(problem.text, "goes only with TLS: this listener has tls: off")
        self.assertEqual(self.problem("listeners: [{ciphers: compatible}]").text, "needs tls.certificate")

    def test_another_list_of_a_listener(self) -> None:
        """Is told when the file is read again."""
        old = self.loaded(PAIR + "listeners: [{endpoint: 'tcp:1'}]")
        new = self.loaded(PAIR + "listeners: [{endpoint: 'tcp:1', ciphers: compatible}]")
        self.assertEqual(changed(old, new), ("listeners[tcp:1].ciphers is compatible, was unset",))


class RequiredFrom(FileTestCase):
    """``tls.required_from`` and ``tls.required_except``."""

    def test_networks(self) -> None:
        """They reach the sessions; none by default."""
        keys = "required_from: [10.0.0.0/8, any], required_except: ['::1']"
        networks = self.loaded(f"tls: {{certificate: /c.pem, {keys}}}").session.tls_networks
        self.assertEqual(
            networks, TlsNetworks(required=(ip_network("10.0.0.0/8"), None), excepted=(ip_network("::1/128"),))
        )
        self.assertEqual(self.loaded(PAIR).session.tls_networks, TlsNetworks())

    def test_without_a_certificate(self) -> None:
        """Nobody could log in from there."""
        problem = self.problem("tls: {required_from: [any]}")
        self.assertEqual((problem.path, problem.text), ("tls", "certificate is missing"))

    def test_exceptions_alone(self) -> None:
        """They would be ignored."""
        problem = self.problem("tls: {certificate: /c.pem, required_except: [127.0.0.0/8]}")
        self.assertIn("goes only with required_from", problem.text)

    def test_a_listener_without_tls(self) -> None:
        """Locks those clients out: worth a warning."""
        text = "tls: {certificate: /c.pem, required_from: [any]}\nlisteners: [{tls: off}, {endpoint: 'tcp:1'}]\n"
        told = [text for text in self.loaded(text).warnings if "required_from" in text]
        self.assertEqual(len(told), 1)
        self.assertIn("cannot log in here", told[0])

    def test_a_reload(self) -> None:
        """Is told by name."""
        new = self.loaded("tls: {certificate: /c.pem, private_key: k.pem, required_from: [any]}")
        told = [text for text in changed(self.loaded(PAIR), new) if "required_from" in text]
        self.assertEqual(told, ["tls.required_from changed"])


class Accounts(FileTestCase):
    """``accounts.NAME.tls``."""

    def test_words(self) -> None:
        """required, optional, or what the defaults say."""
        text = "accounts: {a: {tls: required}, b: {tls: optional}, c: {}}\naccount_defaults: {tls: required}\n"
        settings = self.loaded(PAIR + text).accounts
        needs = [account.needs_tls for account in settings.accounts.values()]
        self.assertEqual(needs, [True, False, None])
        self.assertTrue(settings.defaults and settings.defaults.needs_tls)

    def test_without_a_certificate(self) -> None:
        """Nobody could log in to it."""
        self.assertEqual(self.problem("accounts: {a: {tls: required}}").text, "needs tls.certificate")
        self.assertEqual(self.problem("account_defaults: {tls: required}").text, "needs tls.certificate")


class Changes(FileTestCase):
    """What a reload tells of TLS."""

    def between(self, old: str, new: str) -> tuple[str, ...]:
        """The differences of two files."""
        return changed(self.loaded(old), self.loaded(new))

    def test_the_section(self) -> None:
        """By name."""
        self.assertIn("tls.certificate changed", self.between(PAIR, PAIR.replace("c.pem", "d.pem")))

    def test_a_listener(self) -> None:
        """By what it has now; new sessions get it without a restart."""
        told = self.between(PAIR, PAIR + "listeners: [{tls: required}]")
        self.assertEqual(told, ("listeners[tcp:2121:interface=127.0.0.1].tls is required, was unset",))

    def test_an_account(self) -> None:
        """By its name."""
        told = self.between(PAIR + "accounts: {a: {home: /x}}", PAIR + "accounts: {a: {home: /x, tls: required}}")
        self.assertEqual(told, ("accounts.a.tls is required, was unset",))

    def test_resumption_of_a_listener(self) -> None:
        """By what it asks for now."""
        told = self.between(PAIR, PAIR + "listeners: [{data_resumption: required}]")
        self.assertEqual(told, ("listeners[tcp:2121:interface=127.0.0.1].data_resumption is required, was unset",))
        back = self.between(PAIR + "listeners: [{data_resumption: required}]", PAIR)
        self.assertEqual(back, ("listeners[tcp:2121:interface=127.0.0.1].data_resumption is unset, was required",))

    def test_resumption_of_an_account(self) -> None:
        """By its name."""
        old, new = "accounts: {a: {home: /x}}", "accounts: {a: {home: /x, data_resumption: off}}"
        self.assertEqual(self.between(PAIR + old, PAIR + new), ("accounts.a.data_resumption is off, was unset",))
