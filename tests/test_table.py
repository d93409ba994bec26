"""The table of verbs, and the table of errors, hold together."""

from __future__ import annotations

import inspect

from ftpd_service import errors
from ftpd_service.commands.command import Timing
from ftpd_service.commands.for_errors import TABLE
from ftpd_service.commands.site import SUB_COMMANDS, SUB_VERBS, site
from ftpd_service.commands.table import DISABLED, Table, standard_table
from ftpd_service.wire.request import SECRETS
from tests.cases import SynchronousTestCase

RFC_1123 = (
    "USER PASS ACCT PORT PASV TYPE MODE STRU RETR STOR APPE RNFR RNTO DELE CWD CDUP RMD MKD PWD LIST NLST SYST STAT "
    "HELP NOOP QUIT"
)
"""The minimum of RFC 1123 section 4.1.2.13."""

BEFORE_LOGIN = "USER PASS ACCT QUIT NOOP HELP FEAT OPTS SYST HOST LANG CLNT CSID REIN ABOR STAT AUTH PBSZ PROT CCC"


class TableTests(SynchronousTestCase):
    """What the declarations say together."""

    def test_the_minimum_of_rfc_1123_is_there(self) -> None:
        """RFC 1123 section 4.1.2.13."""
        table = standard_table()
        self.assertEqual([verb for verb in RFC_1123.split() if table.find(verb) is None], [])

    def test_the_verbs_before_login_are_exactly_these(self) -> None:
        """Whoever adds one has to think of it here."""
        open_verbs = {command.facts.verb for command in standard_table().commands() if not command.facts.needs_login}
        self.assertEqual(open_verbs, set(BEFORE_LOGIN.split()))

    def test_no_request_shows_a_secret(self) -> None:
        """The verbs that declare one are those whose arguments are never shown."""
        self.assertEqual(
            {command.facts.verb for command in standard_table().commands() if command.facts.secret}, SECRETS
        )

    def test_x_forms_are_aliases(self) -> None:
        """Windows sends XPWD, XMKD and XRMD (RFC 1123 section 4.1.3.1)."""
        table = standard_table()
        pairs = {"XCWD": "CWD", "XPWD": "PWD", "XCUP": "CDUP", "XMKD": "MKD", "XRMD": "RMD"}
        self.assertEqual({alias: table.find(alias) for alias in pairs}, {a: table.find(v) for a, v in pairs.items()})

    def test_a_verb_is_declared_once(self) -> None:
        """Two declarations of one name are a mistake that is seen at the start."""
        commands = standard_table().commands()
        self.assertRaises(ValueError, Table, [*commands, commands[0]])

    def test_no_verb_is_both_carried_out_and_disabled(self) -> None:
        """FEAT and HELP would contradict each other."""
        table = standard_table()
        self.assertEqual([verb for verb in DISABLED if table.find(verb) is not None], [])

    def test_stat_is_at_once_without_argument_only(self) -> None:
        """STAT with a path is a listing and waits (RFC 959 section 4.1.3)."""
        stat = standard_table().find("STAT")
        assert stat is not None
        self.assertEqual((stat.facts.timing(""), stat.facts.timing("x")), (Timing.AT_ONCE, Timing.QUEUED))

    def test_only_transfers_need_a_data_connection(self) -> None:
        """These and no others answer 425 without PORT or PASV."""
        transfers = {command.facts.verb for command in standard_table().commands() if command.facts.transfer}
        self.assertEqual(transfers, {"RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"})

    def test_every_declaration_names_its_source(self) -> None:
        """An RFC, a draft, or the clients that made it a fact."""
        unsourced = [command.facts.verb for command in standard_table().commands() if not command.facts.source]
        self.assertEqual(unsourced, [])


class SiteTableTests(SynchronousTestCase):
    """The table of SITE's sub-verbs."""

    def test_a_sub_verb_is_declared_once(self) -> None:
        """The second declaration would take the first one's place."""
        self.assertEqual(len(SUB_COMMANDS), len(SUB_VERBS))

    def test_every_sub_verb_names_its_source(self) -> None:
        """The clients or servers that made it a fact."""
        self.assertEqual([name for name, one in SUB_VERBS.items() if not one.facts.source], [])

    def test_site_says_what_its_sub_verbs_declare(self) -> None:
        """Help, replies and lines of FEAT are read from the table."""
        facts = site.facts
        self.assertEqual(facts.help.split(" | "), sorted(SUB_VERBS))
        self.assertEqual(set(facts.replies), {500}.union(*(one.facts.replies for one in SUB_COMMANDS)))


class ErrorRowTests(SynchronousTestCase):
    """Errors to replies."""

    def test_every_error_class_has_a_row(self) -> None:
        """A new class of error has to be given its reply."""
        named = inspect.getmembers(errors, inspect.isclass)
        classes = [kind for _, kind in named if issubclass(kind, errors.FtpdError)]
        self.assertEqual([kind.__name__ for kind in classes if kind not in TABLE], [])
