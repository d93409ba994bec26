"""Facts of MLSD and MLST, and time values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import BadArgument
from ftpd_service.values import Entry, Link, Permissions
from ftpd_service.wire.facts import (
    DEFAULT_FACTS,
    FACTS,
    choose,
    chosen,
    facts_of,
    feature_line,
    mlsd_page,
    own_rows,
    parse_time_value,
    time_value,
)
from ftpd_service.wire.names import encode
from tests.cases import SynchronousTestCase
from tests.wire.rows import DANGLING, DIRECTORY, FILE, LINK, NOW, NS
from tests.wire.strategies import entries, relaxed, single_names

_ALL = frozenset(FACTS)
_READ = Permissions.LIST | Permissions.READ
_choices = st.frozensets(st.sampled_from(FACTS))


def _only(fact: str) -> frozenset[str]:
    return frozenset({fact})


class ChoiceTests(SynchronousTestCase):
    """FEAT and OPTS MLST (RFC 3659 sections 7.8 and 7.9)."""

    def test_the_line_of_feat(self) -> None:
        """An asterisk behind each fact that is on."""
        line = "MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;UNIX.owner;UNIX.group;create;"
        self.assertEqual(feature_line(DEFAULT_FACTS), line)

    def test_facts_are_chosen(self) -> None:
        """In the server's spelling, whatever the client's."""
        self.assertEqual(choose("SIZE;unix.MODE;"), {"size", "UNIX.mode"})

    def test_unknown_facts_are_ignored(self) -> None:
        """Clients ask for all that they know."""
        self.assertEqual(choose("media-type;type;"), {"type"})

    def test_no_facts_are_a_choice(self) -> None:
        """All are off then."""
        self.assertEqual(choose(""), frozenset())

    def test_the_last_semicolon_may_be_missing(self) -> None:
        """A tolerance."""
        self.assertEqual(choose(" type;size"), {"type", "size"})

    def test_a_space_in_the_list_is_refused(self) -> None:
        """RFC 3659 section 7.9."""
        self.assertRaises(BadArgument, choose, "type; size;")

    def test_a_value_is_refused(self) -> None:
        """Names of facts are wanted: a syntax error, and no unknown fact."""
        self.assertRaises(BadArgument, choose, "type=file;")

    def test_a_line_of_feat_is_refused(self) -> None:
        """It would switch off all that it marks."""
        self.assertRaises(BadArgument, choose, "type*;size*;")

    def test_an_empty_fact_is_refused(self) -> None:
        """A syntax error too."""
        self.assertRaises(BadArgument, choose, "type;;size;")

    @relaxed
    @given(_choices)
    def test_a_choice_is_told_as_it_was_made(self, facts: frozenset[str]) -> None:
        """What the reply shows would choose the same."""
        self.assertEqual(choose(chosen(facts)), facts)


class FactTests(SynchronousTestCase):
    """`facts_of` (RFC 3659 section 7.5)."""

    def test_a_file(self) -> None:
        """All default facts, in the order of FEAT."""
        facts = "type=file;size=1234;modify=20261122101500;perm=adfrw;unique=801g2f;UNIX.mode=0644;"
        self.assertEqual(facts_of(FILE, DEFAULT_FACTS), facts)

    def test_a_directory(self) -> None:
        """It has no size."""
        facts = "type=dir;modify=20261122101500;perm=cdeflmp;unique=801g2f;UNIX.mode=0755;"
        self.assertEqual(facts_of(DIRECTORY, DEFAULT_FACTS), facts)

    def test_a_link_is_what_it_leads_to(self) -> None:
        """Its type and size are those of the target."""
        self.assertEqual(facts_of(LINK, _only("type") | _only("size")), "type=file;size=1234;")

    def test_a_link_that_leads_nowhere(self) -> None:
        """It can only be removed and renamed, and has no size."""
        facts = facts_of(DANGLING, _only("type") | _only("size") | _only("perm"))
        self.assertEqual(facts, "type=OS.unix=symlink;perm=df;")

    def test_owner_and_group_are_numbers(self) -> None:
        """Ruby reads nothing else."""
        self.assertEqual(facts_of(FILE, _only("UNIX.owner") | _only("UNIX.group")), "UNIX.owner=1000;UNIX.group=1000;")

    def test_a_birth_time_is_told(self) -> None:
        """Where the file system keeps one."""
        self.assertEqual(facts_of(FILE._replace(created_ns=0), _only("create")), "create=19700101000000;")

    def test_an_unknown_birth_time_is_left_out(self) -> None:
        """Never made of another time."""
        self.assertEqual(facts_of(FILE, _only("create")), "")

    def test_a_birth_time_equal_to_the_modification_is_told(self) -> None:
        """A file that was written once."""
        entry = FILE._replace(created_ns=FILE.modified_ns)
        self.assertEqual(facts_of(entry, _only("create")), "create=20261122101500;")

    def test_a_birth_time_behind_the_modification_is_left_out(self) -> None:
        """RFC 3659 section 7.5.4."""
        self.assertEqual(facts_of(FILE._replace(created_ns=FILE.modified_ns + 1), _only("create")), "")

    def test_an_unknown_identity_is_left_out(self) -> None:
        """Storages without one."""
        self.assertEqual(facts_of(FILE._replace(unique=""), _only("unique")), "")

    def test_the_listed_directory_itself(self) -> None:
        """``cdir`` instead of ``dir``, the rest the same."""
        facts = facts_of(DIRECTORY, _only("type") | _only("perm"), kind="cdir")
        self.assertEqual(facts, "type=cdir;perm=cdeflmp;")

    def test_cdir_needs_the_type_fact(self) -> None:
        """Facts that are off are never told (RFC 3659 section 7.9)."""
        self.assertEqual(facts_of(DIRECTORY, _only("perm"), kind="cdir"), "perm=cdeflmp;")

    @relaxed
    @given(_choices)
    def test_facts_that_are_off_are_never_told(self, facts: frozenset[str]) -> None:
        """Each that is told is on, and ends with a semicolon."""
        told = facts_of(FILE._replace(created_ns=1), facts)
        self.assertEqual({fact.partition("=")[0] for fact in told.split(";")[:-1]}, facts)


class PermTests(SynchronousTestCase):
    """What this login may do (RFC 3659 section 7.5.5)."""

    def test_a_file_that_may_be_read(self) -> None:
        """``r`` alone."""
        self.assertEqual(facts_of(FILE._replace(allowed=_READ), _only("perm")), "perm=r;")

    def test_a_directory_that_may_be_read(self) -> None:
        """Entered and listed."""
        self.assertEqual(facts_of(DIRECTORY._replace(allowed=_READ), _only("perm")), "perm=el;")

    def test_a_directory_that_only_takes_files(self) -> None:
        """A drop box: entered, files made in it."""
        self.assertEqual(facts_of(DIRECTORY._replace(allowed=Permissions.CREATE), _only("perm")), "perm=ce;")

    def test_nothing_allowed_is_told_too(self) -> None:
        """An empty value is legal."""
        self.assertEqual(facts_of(FILE._replace(allowed=Permissions.NONE), _only("perm")), "perm=;")

    def test_each_permission_of_a_file_has_its_letter(self) -> None:
        """Append, overwrite."""
        entry = FILE._replace(allowed=Permissions.APPEND | Permissions.OVERWRITE)
        self.assertEqual(facts_of(entry, _only("perm")), "perm=aw;")


class PageTests(SynchronousTestCase):
    """`mlsd_page` and `own_rows` (RFC 3659 section 7.2)."""

    def test_one_space_between_facts_and_name(self) -> None:
        """And CRLF at the end of each row."""
        page = mlsd_page([FILE, DIRECTORY], _only("type"))
        self.assertEqual(page, b"type=file; name\r\ntype=dir; sub dir\r\n")

    def test_without_facts_the_space_stays(self) -> None:
        """Rows begin with it."""
        self.assertEqual(mlsd_page([FILE], frozenset()), b" name\r\n")

    def test_names_with_line_ends_are_left_out(self) -> None:
        """A CRLF in a name cannot be told from the end of a row."""
        self.assertEqual(mlsd_page([FILE._replace(name="a\rb")], _ALL), b"")

    def test_the_rows_of_directory_and_parent(self) -> None:
        """Named by dots: MiXplorer shows other names as children."""
        self.assertEqual(own_rows(DIRECTORY, DIRECTORY, _only("type")), b"type=cdir; .\r\ntype=pdir; ..\r\n")

    def test_the_root_has_no_parent(self) -> None:
        """Its row alone."""
        self.assertEqual(own_rows(DIRECTORY, None, _only("type")), b"type=cdir; .\r\n")

    def test_without_the_type_fact_they_are_left_out(self) -> None:
        """Nothing would tell them from children (RFC 3659 section 7.5.1.2)."""
        self.assertEqual(own_rows(DIRECTORY, DIRECTORY, _only("perm")), b"")

    def test_a_directory_behind_a_link_to_one_has_its_own_permissions(self) -> None:
        """All else that they have in common: DELE removes the link, and RMD the directory."""
        directory = DIRECTORY._replace(allowed=Permissions.ALL & ~Permissions.DELETE)
        page = mlsd_page([directory._replace(link=Link("to", 0)), directory], _only("perm"))
        self.assertEqual(page, b"perm=ceflmp; sub dir\r\nperm=cdeflmp; sub dir\r\n")

    @relaxed
    @given(single_names.filter(lambda name: "\r" not in name and "\n" not in name))
    def test_any_name_is_found_behind_the_first_space(self, name: str) -> None:
        """Byte by byte, as no fact holds a space."""
        row = mlsd_page([FILE._replace(name=name)], _ALL)
        self.assertEqual(row.partition(b" ")[2], encode(name) + b"\r\n")

    @relaxed
    @given(st.lists(entries, max_size=8), _choices)
    def test_a_page_is_its_rows(self, page: list[Entry], enabled: frozenset[str]) -> None:
        """What rows share changes none of them; none for a name with CR or LF."""
        shown = [entry for entry in page if "\r" not in entry.name and "\n" not in entry.name]
        rows = [f"{facts_of(entry, enabled)} {entry.name}\r\n" for entry in shown]
        self.assertEqual(mlsd_page(page, enabled), encode("".join(rows)))


class TimeValueTests(SynchronousTestCase):
    """`time_value` and `parse_time_value` (RFC 3659 section 2.3)."""

    def test_fourteen_digits_in_utc(self) -> None:
        """Nothing else."""
        self.assertEqual(time_value(NOW * NS), "20261122101500")

    def test_a_fraction_is_cut_off(self) -> None:
        """Never rounded: all verbs tell the same time."""
        self.assertEqual(time_value(NOW * NS + NS - 1), "20261122101500")

    def test_times_before_1970_are_told(self) -> None:
        """Cut off to the second, as all others."""
        self.assertEqual([time_value(-1), time_value(-NS - 1)], ["19691231235959", "19691231235958"])

    def test_times_before_the_year_1_are_told_as_its_beginning(self) -> None:
        """The nearest that can be told."""
        self.assertEqual(
            [time_value(-62_135_596_800 * NS), time_value(-62_135_596_801 * NS), time_value(-(2**70))],
            ["00010101000000"] * 3,
        )

    def test_times_after_9999_are_told_as_its_end(self) -> None:
        """Years have four digits."""
        self.assertEqual(time_value(2**70), "99991231235959")

    def test_a_fraction_may_have_any_length(self) -> None:
        """It is cut off at nanoseconds."""
        self.assertEqual(parse_time_value("19700101000001.1234567899999"), 1_123_456_789)

    def test_a_leap_second_is_the_one_before(self) -> None:
        """Second 60 is legal."""
        self.assertEqual(parse_time_value("19700101000060"), 59 * NS)

    def test_second_61_is_refused(self) -> None:
        """One more than legal."""
        self.assertRaises(BadArgument, parse_time_value, "19700101000061")

    def test_the_29th_of_february_is_refused_in_other_years(self) -> None:
        """There is no such day."""
        self.assertRaises(BadArgument, parse_time_value, "20250229000000")

    def test_hour_24_is_refused(self) -> None:
        """A day ends before it."""
        self.assertRaises(BadArgument, parse_time_value, "20250101240000")

    def test_twelve_digits_are_refused(self) -> None:
        """The seconds are mandatory."""
        self.assertRaises(BadArgument, parse_time_value, "202501010000")

    def test_a_dot_without_digits_is_refused(self) -> None:
        """A fraction has at least one."""
        self.assertRaises(BadArgument, parse_time_value, "20250101000000.")

    def test_a_time_before_1970_is_read(self) -> None:
        """Files may be older than that."""
        self.assertEqual(parse_time_value("19691231235959"), -NS)

    @relaxed
    @given(st.integers(-30_610_224_000, 253_402_300_799))
    def test_any_second_comes_back(self, second: int) -> None:
        """From 1000 to 9999."""
        self.assertEqual(parse_time_value(time_value(second * NS)), second * NS)
