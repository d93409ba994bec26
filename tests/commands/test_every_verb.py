"""Every verb, in every state of the login, with any argument: one Final, and a code that it may have."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.account import Account, LiveAccount
from ftpd_service.commands.context import Context, Running
from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.commands.table import DISABLED, Table, standard_table
from ftpd_service.events import UnexpectedError
from ftpd_service.interfaces import IStorage
from ftpd_service.session.identity import LoggedIn, Named
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.session import Session
from ftpd_service.session.settings import SessionSettings
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.fakes import FakeDataChannel, FakeLogin, Recorder, at_once, peer
from ftpd_service.values import SessionId, VirtualPath
from ftpd_service.wire import names
from ftpd_service.wire.reply import Final, Preliminary, encode
from ftpd_service.wire.request import Request
from tests.cases import SynchronousTestCase

TABLE = standard_table()
VERBS = sorted([*(name.removesuffix("*") for name in TABLE.names()), "XYZZY"])

ALWAYS = {500, 501, 502, 504, 530}
"""What guards, parsers and refusals of values give, to any verb."""
FOR_PATHS = {450, 451, 452, 503, 550, 552, 553, 554}
"""What the error table gives where files are touched."""
FOR_TRANSFERS = {425, 426}

ARGUMENT_LINES = """
f
d
d/f
/
..
~
nothing
link
*
{a,b}*
[
\\
-la
-la d
f f
A
I
E
L 8
0
5
-1
99999999999999999999
ALL
1
|1|192.0.2.1|5000|
192,0,2,1,20,20
alice
secret
EN
HELP
localhost
UTF8 ON
MLST type
CHMOD 644 f
UTIME 202001010000 f
UMASK 22
IDLE 5
20200101000000 f
20209901000000 f
Modify=20200101000000 f
UNIX.mode=644 f
"""
WORDS = st.sampled_from([*ARGUMENT_LINES.splitlines(), "a\rb", "x" * 300])
ARGUMENTS = WORDS | st.binary(max_size=30).map(names.decode)


def logged_in(session: Session, storage: IStorage) -> None:
    """alice is in."""
    session.login = LoggedIn(live=LiveAccount(Account(name="alice")), storage=storage, logout=lambda: None)


def named(session: Session, storage: IStorage) -> None:
    """USER was given."""
    session.login = Named(name="alice")


def nobody(session: Session, storage: IStorage) -> None:
    """The connection is fresh."""


STATES = st.sampled_from([logged_in, named, nobody])


class Stage:
    """A context without a control connection.

    :ivar marks: the preliminary replies that were sent.
    """

    def __init__(self, state: Callable[[Session, IStorage], None], table: Table) -> None:
        storage = MemoryStorage()
        storage.put("/f", b"a\nb")
        storage.put("/d/f", b"")
        storage.put_link("/link", "gone")
        client = peer()
        session = Session(id=SessionId("s1"), peer=client, settings=SessionSettings(), started=0.0)
        state(session, storage)
        login = FakeLogin({"alice": b"secret"}, lambda name: storage)
        self.recorder = Recorder()
        self.marks: list[Preliminary] = []
        self.dispatcher = Dispatcher(table, cancelled=CancelledError)
        self.context = Context(
            parts=SessionParts(session=session, data=FakeDataChannel(client), login=login, compute=at_once),
            catalogue=table,
            emit=self.recorder.observe,
            send=self.marks.append,
            client_left=lambda: False,
            input_held=lambda: False,
            renew=lambda parts: None,
            compute=at_once,
            now=lambda: 1_790_000_000.0,
        )

    def carry_out(self, verb: str, argument: str) -> Deferred[Final]:
        """Run a verb as the queue does."""
        self.context.running = Running(verb=verb, may_be_aborted=False, stop=lambda: None)
        return Deferred.fromCoroutine(self.dispatcher.run(self.context, Request(verb=verb, argument=argument)))


def allowed(verb: str) -> set[int]:
    """The codes that a verb may end in."""
    command = TABLE.find(verb)
    if command is None:
        return {502} if verb in DISABLED else {500}
    transfers = FOR_TRANSFERS if command.facts.transfer else set[int]()
    touches_files = FOR_PATHS if command.facts.needs_login or verb == "STAT" else {503}
    return ALWAYS | touches_files | transfers | set(command.facts.replies)


class EveryVerbTests(SynchronousTestCase):
    """The property, with passive choices and one-shot state as earlier verbs left them."""

    @settings(deadline=None, max_examples=1500)
    @given(state=STATES, verb=st.sampled_from(VERBS), argument=ARGUMENTS, before=st.sampled_from(["", "EPSV", "RNFR"]))
    def test_one_final_with_a_code_that_it_may_have(
        self, state: Callable[[Session, IStorage], None], verb: str, argument: str, before: str
    ) -> None:
        """Nothing raises, nothing is unexpected, and the reply can be sent."""
        stage = Stage(state, TABLE)
        if before:
            self.successResultOf(stage.carry_out(before, "f" if before == "RNFR" else ""))
        final = self.successResultOf(stage.carry_out(verb, argument))
        self.assertIn(final.code, allowed(verb))
        self.assertEqual(stage.recorder.of(UnexpectedError), [])
        self.assertTrue(encode(final).startswith(b"%d" % final.code))

    @settings(deadline=None, max_examples=300)
    @given(verb=st.sampled_from(VERBS), argument=ARGUMENTS)
    def test_a_mark_comes_before_the_end_of_transfers_only(self, verb: str, argument: str) -> None:
        """At most one, and never for a refusal before it."""
        stage = Stage(logged_in, TABLE)
        self.successResultOf(stage.carry_out("EPSV", ""))
        final = self.successResultOf(stage.carry_out(verb, argument))
        command = TABLE.find(verb)
        transfers = command is not None and command.facts.transfer and final.code == 226
        self.assertEqual(len(stage.marks), int(transfers))

    @settings(deadline=None, max_examples=300)
    @given(verb=st.sampled_from(VERBS), argument=ARGUMENTS)
    def test_before_the_login_nothing_is_touched(self, verb: str, argument: str) -> None:
        """The working directory stays, and no port is opened."""
        stage = Stage(nobody, TABLE)
        self.successResultOf(stage.carry_out(verb, argument))
        self.assertEqual(stage.context.session.cwd, VirtualPath("/"))
        self.assertFalse(stage.context.data.chosen())
