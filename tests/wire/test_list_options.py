"""The argument of LIST and NLST."""

from __future__ import annotations

from hypothesis import given

from ftpd_service.wire.list_options import ListOptions, listing
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, texts


class ListingTests(SynchronousTestCase):
    """`listing`."""

    def test_nothing_is_the_working_directory(self) -> None:
        """No options, no path."""
        self.assertEqual((listing("").options, listing("").path), (ListOptions(), ""))

    def test_a_path_alone(self) -> None:
        """As it is, with its spaces."""
        self.assertEqual((listing("my dir ").options, listing("my dir ").path), (ListOptions(), "my dir "))

    def test_letters_of_one_word(self) -> None:
        """As ``ls`` has them."""
        self.assertEqual(listing("-la").options, ListOptions(long=True, all_names=True, dot_entries=True))

    def test_several_words(self) -> None:
        """Each with its letters, then the path."""
        argument = listing("-t -L x")
        self.assertEqual((argument.options, argument.path), (ListOptions(by_time=True, follow=True), "x"))

    def test_capital_a_leaves_out_the_dot_entries(self) -> None:
        """Dot files without ``.`` and ``..``."""
        self.assertEqual(listing("-A").options, ListOptions(all_names=True))

    def test_unknown_letters_are_ignored(self) -> None:
        """A probe must never fail."""
        self.assertEqual(listing("-1FRnTz").options, ListOptions())

    def test_a_path_with_spaces_behind_options(self) -> None:
        """Only the options are words."""
        self.assertEqual(listing("-a my dir").path, "my dir")

    def test_one_space_ends_the_options(self) -> None:
        """Further ones belong to the path."""
        self.assertEqual(listing("-a  x").path, " x")

    def test_a_double_hyphen_ends_the_options(self) -> None:
        """So that a path may begin with a hyphen."""
        self.assertEqual(listing("-- -x").path, "-x")

    def test_a_word_that_is_no_option_is_the_path(self) -> None:
        """A hyphen and something else than letters and digits."""
        self.assertEqual(listing("-x.txt").path, "-x.txt")

    def test_of_two_orders_the_last_one_counts(self) -> None:
        """As in ``ls``."""
        self.assertEqual(listing("-tS").options, ListOptions(by_size=True))

    def test_the_remaining_letters(self) -> None:
        """Reverse by time, the entry itself."""
        self.assertEqual(listing("-rtd").options, ListOptions(reverse=True, by_time=True, itself=True))

    def test_words_may_be_as_many_as_a_line_holds(self) -> None:
        """Of letters that exclude each other the last one of the last word counts."""
        argument = listing("-tS " * 1000 + "-" + "l" * 4000 + "t x")
        self.assertEqual((argument.options, argument.path), (ListOptions(long=True, by_time=True), "x"))

    def test_a_word_with_a_line_end_is_a_path(self) -> None:
        """Only a space or the end of the argument ends a word of options."""
        self.assertEqual(listing("-l\n").path, "-l\n")

    def test_a_double_hyphen_alone_ends_the_options(self) -> None:
        """Without a path behind it."""
        self.assertEqual((listing("-l --").options, listing("-l --").path), (ListOptions(long=True), ""))

    def test_a_probe_is_known(self) -> None:
        """It is never tried as a path."""
        self.assertTrue(listing("-al").first_is_probe)

    def test_another_option_word_is_no_probe(self) -> None:
        """An entry of that name wins."""
        self.assertFalse(listing("-R").first_is_probe)

    def test_a_probe_with_a_path_is_no_probe(self) -> None:
        """The whole argument may be a name."""
        self.assertFalse(listing("-a x").first_is_probe)

    @relaxed
    @given(texts)
    def test_the_whole_argument_is_kept(self, text: str) -> None:
        """It may be a path that begins like options; and the path is its end."""
        argument = listing(text)
        self.assertEqual(argument.words, text)
        self.assertTrue(text.endswith(argument.path))

    @relaxed
    @given(texts)
    def test_any_path_can_be_named(self, path: str) -> None:
        """Behind a double hyphen nothing is an option."""
        self.assertEqual(listing(f"-l -- {path}").path, path)
