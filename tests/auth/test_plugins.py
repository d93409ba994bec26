"""Checkers made from their settings, and what the operator reads when one cannot be made."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from twisted.cred.checkers import FilePasswordDB, ICredentialsChecker
from twisted.cred.credentials import IAnonymous
from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.auth.credentials import ISessionCredentials
from ftpd_service.auth.lasting import CheckersInForce
from ftpd_service.auth.ordered import CheckerEntry
from ftpd_service.auth.plugins import (
    build_checker,
    build_checkers,
    find_checker,
    find_checkers,
    problems,
)
from ftpd_service.auth.settings import (
    AccountsChecker,
    AuthSettings,
    CheckerSettings,
    InstalledChecker,
    PythonChecker,
    StrcredChecker,
)
from ftpd_service.runtime.imported import PluginProblem
from tests.auth.making import parts_with
from tests.auth.packages import install
from tests.auth.strangers import Answering, credentials, raising
from tests.cases import SynchronousTestCase

OWN = Answering(lambda: b"alice")
HERE = __name__

NOT_CALLABLE = 5


@implementer(ICredentialsChecker)
class Directory:
    """A checker with options."""

    credentialInterfaces = (ISessionCredentials,)

    class Inner:
        """Not a checker; reached by a longer path."""

    def __init__(self, *, url: str, password: str = "") -> None:
        if not url.startswith("ldap"):
            raise ValueError(f"cannot use {url} with {password}")
        self.url = url

    def requestAvatarId(self, credentials: object) -> Deferred[bytes | tuple[()]]:
        """Nobody ever gets an answer."""
        return Deferred()


@implementer(ICredentialsChecker)
class AnonymousOnly:
    """A checker that does not look at passwords."""

    credentialInterfaces = (IAnonymous,)

    def requestAvatarId(self, credentials: object) -> Deferred[bytes | tuple[()]]:
        """Nobody ever gets an answer."""
        return Deferred()


def broken() -> NoReturn:
    """A constructor that raises something unusual."""
    raise LookupError


class PluginsMixin(SynchronousTestCase):
    """Ways to build."""

    def build(self, settings: CheckerSettings) -> CheckerEntry:
        """The entry of one checker."""
        return build_checker(find_checker(settings), parts_with(OWN))

    def problem(self, settings: CheckerSettings) -> str:
        """Why a checker cannot be made: in one line, and the same by `problems`."""
        problem = self.assertRaises(PluginProblem, self.build, settings)
        self.assertEqual(problems(AuthSettings(checkers=(settings,))), (str(problem),))
        self.assertNotIn("\n", str(problem))
        return str(problem)


class BuildTests(PluginsMixin):
    """All of a configuration."""

    def test_accounts_is_the_checker_given(self) -> None:
        """``accounts`` is our own checker, with its time."""
        entry = self.build(AccountsChecker(timeout_seconds=3.0))
        self.assertEqual((entry.name, entry.checker, entry.timeout_seconds, entry.final), ("accounts", OWN, 3.0, False))

    def test_order_stays(self) -> None:
        """Checkers are asked in the order of the file."""
        settings = AuthSettings(checkers=(PythonChecker(path=f"{HERE}:own_maker"), AccountsChecker()))
        names = [entry.name for entry in build_checkers(find_checkers(settings), parts_with(OWN), CheckersInForce())]
        self.assertEqual(names, [f"python:{HERE}:own_maker", "accounts"])

    def test_entries_alike_have_names_of_their_own(self) -> None:
        """By their number."""
        settings = AuthSettings(checkers=(PythonChecker(path=f"{HERE}:own_maker"),) * 3)
        names = [entry.name for entry in build_checkers(find_checkers(settings), parts_with(OWN), CheckersInForce())]
        self.assertEqual(names, [f"python:{HERE}:own_maker{number}" for number in ("", " (2)", " (3)")])

    def test_all_problems_are_told(self) -> None:
        """Every checker that cannot be made is reported, those that can are not."""
        settings = AuthSettings(
            checkers=(AccountsChecker(), StrcredChecker(description="nosuch:x"), PythonChecker(path="nosuch:X"))
        )
        self.assertEqual(len(problems(settings)), 2)


def own_maker() -> Answering:
    """A function that makes a checker."""
    return OWN


class StrcredTests(PluginsMixin):
    """Plug-ins by description."""

    def test_file_of_passwords(self) -> None:
        """Twisted's own plug-in for a file of passwords works as it is."""
        path = Path(self.mktemp())
        path.write_bytes(b"alice:hunter2\n")
        entry = self.build(StrcredChecker(description=f"file:{path}", timeout_seconds=2.0, final=True))
        self.assertIsInstance(entry.checker, FilePasswordDB)
        self.assertEqual((entry.name, entry.timeout_seconds, entry.final), ("strcred:file", 2.0, True))
        answer = entry.checker.requestAvatarId(credentials(b"alice", b"hunter2"))
        self.assertEqual(self.successResultOf(answer), b"alice")

    def test_unknown_type(self) -> None:
        """The text names the types that are installed."""
        text = self.problem(StrcredChecker(description="nosuch:x"))
        self.assertIn("strcred:nosuch: no plug-in of this type is installed; installed are ", text)
        self.assertIn("memory", text)

    def test_plugin_without_passwords(self) -> None:
        """A plug-in that does not check names with passwords cannot be used."""
        self.assertIn("does not check names with passwords", self.problem(StrcredChecker(description="anonymous")))

    def test_arguments_refused(self) -> None:
        """What a plug-in says against its arguments is passed on, without showing them."""
        text = self.problem(StrcredChecker(description="memory:s3cret-pw"))
        self.assertIn("strcred:memory: refuses its arguments", text)
        self.assertNotIn("s3cret-pw", text)


class PythonTests(PluginsMixin):
    """Checkers by dotted path."""

    def test_options_are_keyword_arguments(self) -> None:
        """The options of the file reach the constructor by name."""
        entry = self.build(PythonChecker(path=f"{HERE}:Directory", options={"url": "ldap:x"}, final=True))
        self.assertEqual(entry.checker.url if isinstance(entry.checker, Directory) else "", "ldap:x")
        self.assertEqual((entry.name, entry.final), (f"python:{HERE}:Directory", True))

    def test_function(self) -> None:
        """A function that makes a checker serves as well as a class."""
        self.assertIs(self.build(PythonChecker(path=f"{HERE}:own_maker")).checker, OWN)

    def test_path_without_colon(self) -> None:
        """The form of the path is told."""
        self.assertIn("expected package.module:Name", self.problem(PythonChecker(path="acme.Directory")))

    def test_no_such_module(self) -> None:
        """A module that is not installed is named."""
        text = self.problem(PythonChecker(path="acme_nosuch.directory:Checker"))
        self.assertIn("acme_nosuch.directory cannot be imported: ModuleNotFoundError", text)

    def test_module_that_fails(self) -> None:
        """A module that raises at import is told of, whatever it raises."""
        text = self.problem(PythonChecker(path="tests.auth.broken_module:Checker"))
        self.assertIn("cannot be imported: RuntimeError: no license", text)

    def test_no_such_name(self) -> None:
        """A name that the module lacks is told."""
        self.assertIn("has no Nosuch", self.problem(PythonChecker(path=f"{HERE}:Nosuch")))

    def test_no_class(self) -> None:
        """Something that cannot be called makes no checker."""
        self.assertIn("no class or function", self.problem(PythonChecker(path=f"{HERE}:NOT_CALLABLE")))

    def test_not_a_checker(self) -> None:
        """What does not provide ICredentialsChecker is told; a name may lie within another."""
        self.assertIn("ICredentialsChecker", self.problem(PythonChecker(path=f"{HERE}:Directory.Inner")))

    def test_checker_without_passwords(self) -> None:
        """A checker of other credentials cannot be used."""
        self.assertIn("IUsernamePassword", self.problem(PythonChecker(path=f"{HERE}:AnonymousOnly")))

    def test_unknown_option(self) -> None:
        """Options that the constructor does not take are told, with those that were given."""
        text = self.problem(PythonChecker(path=f"{HERE}:Directory", options={"host": "x"}))
        self.assertIn("cannot be made with the options given (host): TypeError", text)

    def test_missing_option(self) -> None:
        """So are missing ones."""
        text = self.problem(PythonChecker(path=f"{HERE}:Directory"))
        self.assertIn("the options given (none): TypeError", text)
        self.assertIn("url", text)

    def test_values_are_not_shown(self) -> None:
        """What a constructor says is shown with the options' names in place of their values."""
        options = {"url": "http:x", "password": "s3cret-pw"}
        text = self.problem(PythonChecker(path=f"{HERE}:Directory", options=options))
        self.assertIn("ValueError: cannot use <url> with <password>", text)

    def test_constructor_that_fails(self) -> None:
        """An exception without a text is told by its type."""
        self.assertTrue(self.problem(PythonChecker(path=f"{HERE}:broken")).endswith(": LookupError"))


class InstalledTests(PluginsMixin):
    """Checkers that installed packages offer as entry points."""

    def test_options_are_keyword_arguments(self) -> None:
        """As for a dotted path."""
        install(self, acme=f"{HERE}:Directory")
        entry = self.build(InstalledChecker(name="acme", options={"url": "ldap:x"}, timeout_seconds=2.0))
        self.assertEqual(entry.checker.url if isinstance(entry.checker, Directory) else "", "ldap:x")
        self.assertEqual((entry.name, entry.timeout_seconds), ("acme", 2.0))

    def test_package_that_is_gone(self) -> None:
        """The name is told."""
        self.assertEqual(
            self.problem(InstalledChecker(name="acme")), "acme: no installed package offers a checker of this name"
        )

    def test_module_that_is_missing(self) -> None:
        """So is the path that the package gave."""
        install(self, acme="acme_nosuch:Checker")
        text = self.problem(InstalledChecker(name="acme"))
        self.assertIn("acme: acme_nosuch:Checker cannot be imported: ModuleNotFoundError", text)

    def test_values_are_not_shown(self) -> None:
        """The names of options stand for their values."""
        install(self, acme=f"{HERE}:Directory")
        text = self.problem(InstalledChecker(name="acme", options={"url": "http:x", "password": "s3cret-pw"}))
        self.assertIn("acme: cannot be made with the options given (password, url)", text)
        self.assertNotIn("s3cret-pw", text)


class MissingLibraryTests(PluginsMixin):
    """Built-in checkers whose libraries are extras."""

    def test_the_extra_is_told(self) -> None:
        """An operator reads how to install it."""

        class NeedyChecker(AccountsChecker):
            kind = "needy"
            finder = "tests.auth.needy_module:find"
            needs = "needy"

        self.assertEqual(
            self.problem(NeedyChecker()),
            'needy: the library nosuch_library is missing; install it by: pip install "ftpd-service[needy]"',
        )


class RememberedTests(PluginsMixin):
    """How long accepted logins are remembered: `parts_with` has 300 s for all."""

    def test_other_packages_checkers_are_asked_each_time(self) -> None:
        """A code may be good for once."""
        self.assertIsNone(self.build(PythonChecker(path=f"{HERE}:own_maker")).accepted)

    def test_unless_their_entry_says_how_long(self) -> None:
        """`verified_for` of the entry."""
        self.assertIsNotNone(self.build(PythonChecker(path=f"{HERE}:own_maker", verified_seconds=1.0)).accepted)

    def test_built_in_checkers_are_remembered(self) -> None:
        """For the time of all."""
        self.assertEqual(parts_with().remembered_seconds(Ours()), 300.0)

    def test_unless_their_entry_says_never(self) -> None:
        """0 asks each time."""
        self.assertEqual(parts_with().remembered_seconds(Ours(verified_seconds=0.0)), 0.0)

    def test_accounts_remember_by_themselves(self) -> None:
        """Their own cache sees that a stored password has changed."""
        self.assertIsNone(self.build(AccountsChecker(verified_seconds=60.0)).accepted)
        self.assertEqual(parts_with().own_seconds(AccountsChecker(verified_seconds=60.0)), 60.0)


class Ours(CheckerSettings):
    """A built-in kind."""


class NothingAskedTests(PluginsMixin):
    """Building asks nobody."""

    def test_building_checks_no_password(self) -> None:
        """A checker is asked at a login, not before."""
        checker = Answering(raising(ValueError()))
        build_checkers(find_checkers(AuthSettings()), parts_with(checker), CheckersInForce())
        self.assertEqual(checker.asked, 0)
