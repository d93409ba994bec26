"""The checker that asks a program: answers become logins, and mistakes of an entry are told."""

from __future__ import annotations

import sys

from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred

from ftpd_service.account import AccountSettings
from ftpd_service.auth.checkers.pam import find_pam
from ftpd_service.auth.checkers.program import ProgramAsking, find_program
from ftpd_service.auth.credentials import Accepted, HeldName, ILastingChecker
from ftpd_service.auth.plugins import find_checker
from ftpd_service.auth.programs.answers import read_answer
from ftpd_service.auth.programs.program_pool import PoolSettings, ProgramPool
from ftpd_service.auth.settings import PamChecker, ProgramChecker
from ftpd_service.errors import LoginUnavailable
from ftpd_service.runtime.imported import PluginProblem
from tests.auth.making import parts_with
from tests.auth.strangers import credentials
from tests.cases import SynchronousTestCase
from tests.runtime.programs import ProgramClock


class AskingTests(SynchronousTestCase):
    """`ProgramAsking`."""

    def setUp(self) -> None:
        self.clock = ProgramClock()
        settings = PoolSettings(label="checker x", command=("/bin/x",), processes=1)
        pool = ProgramPool(settings, {}, self.clock, read_answer)
        self.checker = ProgramAsking(pool, parts_with().read_account)

    def answer(self, line: bytes, name: bytes = b"alice") -> Deferred[bytes | tuple[()]]:
        """The result of a login whose answer is a line."""
        result = self.checker.requestAvatarId(credentials(name))
        self.clock.started[-1].says(line + b"\n")
        return result

    def test_accepted(self) -> None:
        """The name is the avatar id."""
        accepted = self.successResultOf(self.answer(b'{"accept": true}'))
        self.assertEqual((accepted, accepted.settings if isinstance(accepted, Accepted) else 0), (b"alice", None))

    def test_settings_of_the_answer(self) -> None:
        """As in the configuration."""
        accepted = self.successResultOf(self.answer(b'{"accept": true, "home": "/srv/al", "group": "staff"}'))
        assert isinstance(accepted, Accepted)
        self.assertEqual(accepted.settings, AccountSettings(home="/srv/al", group="staff"))

    def test_another_name(self) -> None:
        """The answer may rename the account."""
        self.assertEqual(self.successResultOf(self.answer('{"accept": true, "user": "zoë"}'.encode())), "zoë".encode())

    def test_refused(self) -> None:
        """No other checker is asked."""
        self.failureResultOf(self.answer(b'{"accept": false}'), HeldName)

    def test_not_its_name(self) -> None:
        """The next checker is asked."""
        failure = self.failureResultOf(self.answer(b'{"accept": null}'), UnauthorizedLogin)
        self.assertFalse(failure.check(HeldName))

    def test_name_that_is_not_utf_8(self) -> None:
        """The program is not asked, and the next checker is."""
        failure = self.failureResultOf(self.checker.requestAvatarId(credentials(b"\xff")), UnauthorizedLogin)
        self.assertFalse(failure.check(HeldName))
        self.assertEqual(self.clock.started, [])

    def test_error_of_the_program(self) -> None:
        """Neither accepted nor refused; the text cannot forge lines of the log."""
        problem = self.failureResultOf(self.answer(b'{"error": "no\\nroute"}'), LoginUnavailable)
        self.assertIn("the program cannot tell: 'no\\nroute'", str(problem.value))

    def test_nonsense(self) -> None:
        """Neither accepted nor refused."""
        self.failureResultOf(self.answer(b"yes"), LoginUnavailable)

    def test_unknown_settings(self) -> None:
        """They are never ignored: a permission that is misspelt would not be taken away."""
        problem = self.failureResultOf(self.answer(b'{"accept": true, "permisions": "read"}'), LoginUnavailable)
        self.assertIn("permisions: unknown key", str(problem.value))

    def test_wrong_settings(self) -> None:
        """Nor are wrong ones."""
        self.failureResultOf(self.answer(b'{"accept": true, "home": 7}'), LoginUnavailable)
        self.failureResultOf(self.answer(b'{"accept": true, "storage": "local"}'), LoginUnavailable)

    def test_end(self) -> None:
        """It is kept through reloads, and ends its processes."""
        self.answer(b'{"accept": true}')
        ended = ILastingChecker(self.checker).end()
        assert isinstance(ended, Deferred)
        self.assertEqual(self.clock.started[-1].signals, [15])


class FindTests(SynchronousTestCase):
    """What an operator reads when a program cannot be used."""

    def test_program(self) -> None:
        """A name is looked for in the PATH."""
        found = find_checker(ProgramChecker(command=("sh", "-c", "x")))
        self.assertEqual(found.name, "program:sh")
        self.assertIsInstance(found.make(parts_with()), ProgramAsking)

    def test_missing_program(self) -> None:
        """Told with its path; arguments are not shown."""
        settings = ProgramChecker(command=("/no/such/check", "s3cret-pw"))
        problem = self.assertRaises(PluginProblem, find_program, settings)
        self.assertEqual(str(problem), "program:/no/such/check: /no/such/check is missing, or may not be run")

    def test_our_own_program_for_pam(self) -> None:
        """It runs with the Python of the service."""
        checker = find_pam(PamChecker(service="ftp")).make(parts_with())
        self.assertIsInstance(checker, ProgramAsking)

    def test_our_own_program_without_its_library(self) -> None:
        """The extra is told."""
        before = sys.modules.pop("pam", None)
        self.addCleanup(sys.modules.update, {} if before is None else {"pam": before})
        self.addCleanup(sys.modules.pop, "pam")
        sys.modules["pam"] = None  # type: ignore[assignment]  # so that its import fails
        problem = self.assertRaises(PluginProblem, find_pam, PamChecker())
        self.assertEqual(
            str(problem), 'pam: the library pam is missing; install it by: pip install "ftpd-service[pam]"'
        )

    def test_another_program_for_pam(self) -> None:
        """Our own need not be there then."""
        problem = self.assertRaises(PluginProblem, find_pam, PamChecker(command=("/no/such/ask",)))
        self.assertIn("pam:ftpd: /no/such/ask is missing", str(problem))
