"""The code of docs/extending.rst, its own and that of examples/, run as it stands there."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from ftpd_service.account import Account, AccountSettings, LiveAccount
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.credentials import ISessionCredentials, SessionCredentials
from ftpd_service.auth.lasting import CheckersInForce
from ftpd_service.auth.login import Login
from ftpd_service.auth.ordered import OrderedChecker
from ftpd_service.auth.plugins import build_checker, build_checkers, find_checker, find_checkers
from ftpd_service.auth.realm import Realm
from ftpd_service.auth.settings import (
    AuthSettings,
    CheckerSettings,
    InstalledChecker,
    PythonChecker,
    StrcredChecker,
)
from ftpd_service.auth.sources import Sources
from ftpd_service.errors import LoginRefused, NotFound
from ftpd_service.hook_interfaces import IAction
from ftpd_service.hooks.action_parts import find_action
from ftpd_service.hooks.settings import InstalledAction, PythonAction
from ftpd_service.interfaces import IReadHandle, IStorage, IWriteHandle
from ftpd_service.policy.connections import AccountSessions
from ftpd_service.policy.guesses import Guesses
from ftpd_service.policy.logins import FailedLogins
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.named import find_storage
from ftpd_service.storage.shell.storage import ShellStorage, as_storage
from ftpd_service.testing.on_disk import Disk
from ftpd_service.values import Password, Peer, VirtualPath, WriteMode
from tests.auth.making import parts_with
from tests.auth.packages import install, offer
from tests.auth.strangers import OTHER_PEER, PEER
from tests.cases import SynchronousTestCase
from tests.hooks.making import action_parts_by

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "extending.rst").read_text("utf-8")
EXAMPLES = DOCS.parent / "examples"

SUFFIXES = {"python": "py", "yaml": "yaml"}


def blocks(language: str) -> list[str]:
    """The code of the page in one language, in its order; that of examples/ where the page includes it."""
    own = rf"^\.\. code-block:: {language}\n\n(?P<own>(?:   .*\n|\n)+)"
    included = rf"^\.\. literalinclude:: (?P<file>\S+\.{SUFFIXES[language]})$"
    found = re.finditer(f"{own}|{included}", PAGE, re.MULTILINE)
    return [textwrap.dedent(one["own"]) if one["own"] else (DOCS / one["file"]).read_text("utf-8") for one in found]


def own_code() -> str:
    """The Python code that stands on the page alone."""
    return "\n".join(block for block in blocks("python") if not block.startswith('"""'))


class ExtendingMixin(SynchronousTestCase):
    """All Python of the page alone as one module, beside the files of examples/."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.home = MemoryStorage()
        self.acme = ModuleType("acme")
        sys.path.insert(0, str(EXAMPLES))
        self.addCleanup(sys.path.remove, str(EXAMPLES))
        for name in ("house_password", "pages", "mqtt", "acme"):
            self.addCleanup(sys.modules.pop, name, None)
        exec(compile(own_code(), "docs/extending.rst", "exec"), self.acme.__dict__)
        sys.modules["acme"] = self.acme

    def configured(self, block: int, **options: str) -> tuple[CheckerSettings, ...]:
        """The checkers of one of the page's configurations that are no `accounts`, with some options replaced."""
        entries = yaml.safe_load(blocks("yaml")[block])["auth"]["checkers"]
        return tuple(self.settings(entry, options) for entry in entries if entry != "accounts")

    def settings(self, entry: dict[str, Any], options: dict[str, str]) -> CheckerSettings:  # Any: YAML
        """The settings of one entry."""
        if "strcred" in entry:
            return StrcredChecker(description=entry["strcred"])
        if "house" in entry:
            return InstalledChecker(name="house", options=entry["house"])
        return PythonChecker(path=entry["python"], options={**entry["options"], **options})

    def login(self, *checkers: CheckerSettings) -> Login:
        """A login as the service builds it: a home for every name, or what the checker provides."""

        async def home(live: LiveAccount, peer: Peer | None) -> IStorage:
            return self.home

        def adopt(live: LiveAccount, given: object, peer: Peer | None) -> IStorage:
            return as_storage(given, clock=self.clock)

        accounts = ConfiguredAccounts(AccountsSettings(defaults=AccountSettings(home="/srv/{name}")))
        entries = build_checkers(find_checkers(AuthSettings(checkers=checkers)), parts_with(), CheckersInForce())
        realm = Realm(Sources(accounts, accounts.otherwise, entries, self.clock), home, adopt=adopt, clock=self.clock)
        return Login(
            Portal(realm, [OrderedChecker(entries, self.clock)]),
            guesses=Guesses(FailedLogins()),
            account_sessions=AccountSessions(),
            clock=self.clock,
            now=self.clock.seconds,
        )

    def logged_in(self, *checkers: CheckerSettings) -> tuple[Account, IStorage]:
        """The account and the storage of alice, who knows the word."""
        running = Deferred.fromCoroutine(
            self.login(*checkers).login(b"alice", Password(b"mellon"), PEER, failed=lambda reason: None)
        )
        live, storage, logout = self.successResultOf(running)
        self.addCleanup(logout)
        return live.account, storage

    def content(self, storage: IStorage, path: str) -> bytes:
        """What a file holds, as it is downloaded."""
        handle: IReadHandle = self.successResultOf(storage.open_read(VirtualPath(path), 0))
        octets: bytes = self.successResultOf(handle.read(65536))
        self.successResultOf(handle.close())
        return octets


class CheckerTests(ExtendingMixin):
    """The checkers of the page."""

    def test_first_checker_has_fifteen_lines(self) -> None:
        """The example is as short as it claims to be."""
        code = [line for line in blocks("python")[0].splitlines() if line.strip()]
        self.assertLessEqual(len(code), 15)

    def test_right_password_lets_in(self) -> None:
        """The configured checker accepts the password of the house; the account has the typed name."""
        account, storage = self.logged_in(*self.configured(0))
        self.assertEqual((account.name, storage), ("alice", self.home))

    def test_wrong_password_does_not(self) -> None:
        """Another password is refused after the delay."""
        login = self.login(*self.configured(0, password="friend"))
        refused = Deferred.fromCoroutine(login.login(b"alice", Password(b"mellon"), PEER, failed=lambda reason: None))
        self.clock.advance(1.0)
        self.failureResultOf(refused, LoginRefused)

    def office(self, credentials: ISessionCredentials, *, is_open: bool = True) -> Deferred[bytes | tuple[()]]:
        """What the second example says."""

        async def opened() -> bool:
            return is_open

        found = find_checker(PythonChecker(path="acme:Office", options={"is_open": opened}))
        entry = build_checker(found, parts_with())
        return OrderedChecker([entry], self.clock).requestAvatarId(credentials)

    def test_office_lets_in_while_it_is_open(self) -> None:
        """A coroutine may answer text."""
        answer = self.office(SessionCredentials(username=b"x", password=b"mellon", peer=PEER))
        self.assertEqual(self.successResultOf(answer), b"office")

    def test_office_refuses_without_tls(self) -> None:
        """A checker sees the control connection."""
        answer = self.office(SessionCredentials(username=b"x", password=b"mellon", peer=OTHER_PEER))
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_office_refuses_while_it_is_closed(self) -> None:
        """A refusal may come from a coroutine."""
        answer = self.office(SessionCredentials(username=b"x", password=b"mellon", peer=PEER), is_open=False)
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_installed_package(self) -> None:
        """The entry point that the page writes makes the checker that its configuration names."""
        declared = re.search(r"^ +house = (\S+)$", PAGE, re.MULTILINE)
        install(self, house=declared[1] if declared else "")
        account, _ = self.logged_in(*self.configured(1))
        self.assertEqual(account.name, "alice")

    def test_strcred(self) -> None:
        """The plug-in that the page names works, on a file of our own."""
        path = Path(self.mktemp())
        path.write_text("alice:mellon\n")
        (named,) = self.configured(2)
        self.assertEqual(named, StrcredChecker(description="file:/etc/ftpd/passwd"))
        account, _ = self.logged_in(StrcredChecker(description=f"file:{path}"))
        self.assertEqual(account.name, "alice")


class ShellTests(ExtendingMixin):
    """An existing IFTPShell serves files."""

    def setUp(self) -> None:
        super().setUp()
        self.homes = Path(self.mktemp())
        (self.homes / "alice").mkdir(parents=True)
        (self.homes / "alice" / "letter").write_bytes(b"Dear Alice")
        _, self.storage = self.logged_in(*self.configured(3, homes=str(self.homes)))

    def test_shell_is_adapted(self) -> None:
        """The realm's avatar is served through the adapter."""
        self.assertIsInstance(self.storage, ShellStorage)

    def test_download(self) -> None:
        """A file of the avatar's home is read."""
        self.assertEqual(self.content(self.storage, "/letter"), b"Dear Alice")

    def test_upload(self) -> None:
        """A file is written into it."""
        handle: IWriteHandle = self.successResultOf(
            self.storage.open_write(VirtualPath("/answer"), WriteMode.REPLACE, 0)
        )
        self.successResultOf(handle.write(b"Dear Bob"))
        self.successResultOf(handle.commit())
        self.assertEqual((self.homes / "alice" / "answer").read_bytes(), b"Dear Bob")


class ActionTests(ExtendingMixin):
    """The action of the page; `tests.integration.test_broker_example` runs it."""

    def entries(self, block: int) -> dict[str, Any]:  # Any: YAML
        """The only action of one of the page's configurations."""
        (rule,) = yaml.safe_load(blocks("yaml")[block])["hooks"]["rules"]
        (action,) = rule["do"]
        return dict(action)

    def test_dotted_path(self) -> None:
        """The class takes the options that the page writes."""
        entry = self.entries(-2)
        found = find_action(PythonAction(path=entry["python"], options=entry["options"]))
        action = found.make(action_parts_by(self.clock))
        self.assertTrue(verifyObject(IAction, action))

    def test_installed_package(self) -> None:
        """The entry point that the page writes makes the action that its configuration names."""
        declared = re.search(r"^ +mqtt = (\S+)$", PAGE, re.MULTILINE)
        offer(self, "ftpd_service.actions", {"mqtt": declared[1] if declared else ""})
        found = find_action(InstalledAction(name="mqtt", options=self.entries(-1)["mqtt"]))
        found.make(action_parts_by(self.clock))
        self.assertEqual(found.name, "mqtt")


class StorageTests(ExtendingMixin):
    """The storage of the page."""

    def setUp(self) -> None:
        super().setUp()
        options = {"README": "Nothing here yet.\n"}
        found = find_storage("accounts.alice.storage", "pages:Pages", options=options, timeout_seconds=10.0)
        self.made = found.make(Disk(self.mktemp()).login())
        self.storage = as_storage(self.made, clock=self.clock)

    def test_provides_its_interface(self) -> None:
        """It is a whole storage, and its handle a whole handle."""
        handle = self.successResultOf(self.storage.open_read(VirtualPath("/README"), 0))
        self.assertTrue(verifyObject(IStorage, self.storage))
        self.assertTrue(verifyObject(IReadHandle, handle))

    def test_is_taken_as_it_is(self) -> None:
        """A storage needs no adapter."""
        self.assertIs(self.storage, self.made)

    def test_listing(self) -> None:
        """Its one file is listed."""

        async def names() -> list[str]:
            return [entry.name async for page in self.storage.entries(VirtualPath("/")) for entry in page]

        self.assertEqual(self.successResultOf(names()), ["README"])

    def test_download(self) -> None:
        """And read."""
        self.assertEqual(self.content(self.storage, "/README"), b"Nothing here yet.\n")

    def test_missing(self) -> None:
        """Nothing else is there."""
        self.failureResultOf(self.storage.stat(VirtualPath("/other")), NotFound)
