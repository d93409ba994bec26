"""The automaton of patterns: what it takes, against a matcher that tries everything, and how many steps it makes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.wire import automaton
from ftpd_service.wire.automaton import ANY, Automaton, Characters, Strand
from tests.cases import SynchronousTestCase
from tests.wire.strategies import CountedName, relaxed

TOKENS = st.sampled_from(
    [((97, 97),), ((98, 98),), ((97, 98),), ((98, 98), (100, 100)), ((0x1F600, 0x10FFFF),), ANY, ()]
)
STRANDS = st.lists(st.tuples(TOKENS, st.booleans()), max_size=5).flatmap(
    lambda pairs: st.builds(
        Strand,
        tokens=st.just(tuple(token for token, _ in pairs)),
        stars=st.integers(0, 2 ** (len(pairs) + 1) - 1),
    )
)
NAMES = st.text(alphabet="abcd\0\U0001f600\udcff", max_size=12)


def takes(tokens: tuple[Characters, ...], stars: int, name: str) -> bool:
    """The reference: tries everything."""
    if name and stars & 1 and takes(tokens, stars, name[1:]):
        return True
    if not tokens:
        return not name
    taken = bool(name) and any(first <= ord(name[0]) <= last for first, last in tokens[0])
    return taken and takes(tokens[1:], stars >> 1, name[1:])


class MatchTests(SynchronousTestCase):
    """What strands take."""

    @relaxed
    @given(
        strands=st.lists(STRANDS, max_size=4), names=st.lists(NAMES, max_size=4), known=st.sampled_from([0, 3, 2048])
    )
    def test_it_answers_as_the_reference_does(self, strands: list[Strand], names: list[str], known: int) -> None:
        """One name after the other, with what it remembers and without."""
        patch = self.patch(automaton, "MOST_KNOWN", known)
        machine = Automaton(strands)
        answers = [machine.matches(name) for name in names]
        patch.restore()
        self.assertEqual(answers, [any(takes(one.tokens, one.stars, name) for one in strands) for name in names])

    def test_it_answers_the_same_after_it_has_forgotten(self) -> None:
        """More slowly."""
        machine = Automaton([Strand(tokens=(ANY, ((97, 97),)), stars=1)])
        before = machine.matches("bca"), machine.matches("a")
        machine.forget()
        self.assertEqual((before, (machine.matches("bca"), machine.matches("a"))), ((True, False), (True, False)))


class CostTests(SynchronousTestCase):
    """What a name costs."""

    @relaxed
    @given(strands=st.lists(STRANDS, max_size=4), name=NAMES, known=st.sampled_from([0, 3, 2048]))
    def test_a_name_takes_a_step_for_each_character(self, strands: list[Strand], name: str, known: int) -> None:
        """Whatever the strands are; where it gives up what it remembers it begins once again."""
        patch = self.patch(automaton, "MOST_KNOWN", known)
        machine = Automaton(strands)
        first, second = CountedName(name), CountedName(name)
        machine.matches(first)
        machine.matches(second)
        patch.restore()
        self.assertLessEqual(first.taken, 2 * len(name))
        self.assertEqual(second.taken, len(name))

    def test_what_it_remembers_is_bounded(self) -> None:
        """Sets of states may be as many as there are names."""
        self.patch(automaton, "MOST_KNOWN", 10)
        machine = Automaton([Strand(tokens=(((97, 97),), *[ANY] * 9), stars=1)])
        worked_out = [machine.step_cost, machine.matches("aaaaaaaaaa"), machine.step_cost]
        self.assertEqual([*worked_out, machine.matches("abababaaba"), machine.step_cost], [1, True, 1, True, 3])

    def test_all_strands_have_states_of_their_own(self) -> None:
        """Their number is what a step's cost grows with."""
        self.assertEqual(Automaton([Strand(tokens=(ANY, ANY), stars=0), Strand(tokens=(), stars=1)]).width, 4)
