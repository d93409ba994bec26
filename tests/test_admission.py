"""Accounts that may log in at some times and from some addresses only, in a whole service."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from typing import Any

from ftpd_service.config.schema import Config
from tests.memory_service import Client, ServiceCase

OVER = date(2000, 1, 1)
OFFICE = (ip_network("10.0.0.0/8"),)


class AdmissionTests(ServiceCase):
    """Logins of alice."""

    def alice(self, **settings: Any) -> Config:  # Any: as `AccountSettings` takes
        """A configuration with other settings of alice."""
        return self.config(accounts={"alice": self.account(**settings)})

    def answers(self, client: Client, password: str) -> tuple[list[int], bytes, float]:
        """The codes and the text that a password gets, and the seconds until then."""
        self.assertEqual(client.say("USER alice"), [331])
        before = len(client.transport.written())
        client.send(f"PASS {password}")
        seconds = 0.0
        while not (codes := client.codes()):
            self.reactor.advance(0.25)
            seconds += 0.25
        return codes, client.transport.written()[before:], seconds

    def test_a_right_password_looks_like_a_wrong_one(self) -> None:
        """The same reply after the same time, so that a guesser from elsewhere learns nothing."""
        self.started(self.alice(networks=OFFICE))
        wrong = self.answers(self.client(host="192.0.2.1"), "wrong")
        right = self.answers(self.client(host="192.0.2.2"), "secret")
        self.reactor.advance(600)
        again = self.answers(self.client(host="192.0.2.3"), "secret")
        self.assertEqual((wrong[0], wrong[2], wrong[1]), ([530], 1.0, right[1]))
        self.assertEqual(again, wrong)

    def test_failures_wait_longer_as_wrong_passwords_do(self) -> None:
        """The second failure of the name waits twice as long."""
        self.started(self.alice(networks=OFFICE))
        waited = [self.answers(self.client(host=f"192.0.2.{number}"), "secret")[2] for number in (1, 2)]
        self.assertEqual(waited, [1.0, 2.0])

    def test_a_login_from_its_networks(self) -> None:
        """Is granted."""
        self.started(self.alice(networks=OFFICE))
        self.assertEqual(self.client(host="10.1.2.3").log_in("alice", "secret"), 230)

    def test_the_log_has_the_key_of_the_refusal(self) -> None:
        """In the line of the failed login."""
        self.started(self.alice(networks=OFFICE))
        self.answers(self.client(), "secret")
        told = "login failed for \"alice\": LoginRefused: account 'alice': networks: 192.0.2.1 is in none of them"
        self.assertEqual(self.log.count(told), 1)

    def test_a_wrong_password_says_nothing_of_the_networks(self) -> None:
        """The log has one reason, which is that of the password."""
        self.started(self.alice(networks=OFFICE))
        self.answers(self.client(), "wrong")
        self.assertEqual(self.log.count("networks:"), 0)

    def test_a_refused_login_makes_no_home(self) -> None:
        """Nothing happens on the disk."""
        home = f"{self.home}/new"
        refused = replace(self.account(networks=OFFICE), home=home, create_home=True)
        self.started(self.config(accounts={"alice": refused}))
        self.answers(self.client(), "secret")
        self.assertFalse(os.path.exists(home))

    def test_an_account_that_has_expired_cannot_log_in(self) -> None:
        """The log has the key and the day."""
        self.started(self.alice(expires=OVER))
        self.assertEqual(self.answers(self.client(), "secret")[0], [530])
        self.assertEqual(self.log.count("expires: the account has expired at the end of 2000-01-01"), 1)

    def test_sessions_of_an_account_that_expires_end(self) -> None:
        """With 421, after a reload that brings a day which is over."""
        service = self.started()
        client = self.client()
        client.log_in("alice", "secret")
        self.reread(service, self.alice(expires=OVER))
        self.assertEqual(client.codes(), [421])
        told = "account 'alice' has ended (expires: the account has expired at the end of 2000-01-01): 1 sessions"
        self.assertEqual(self.log.count(told), 1)

    def test_networks_count_at_the_login_alone(self) -> None:
        """An open session goes on after a reload that brings other networks."""
        service = self.started()
        client = self.client()
        client.log_in("alice", "secret")
        self.reread(service, self.alice(networks=OFFICE))
        self.assertEqual(client.say("NOOP"), [200])

    def test_a_service_that_stops_leaves_no_timer(self) -> None:
        """The look for accounts that expire ends with it."""
        service = self.started()
        self.reactor.run_until(service.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])
