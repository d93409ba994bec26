"""The order in which passwords are checked.  Pure: the caller checks passwords, runs the delays, and reports results.

A guess is a password that a client has sent.  It occupies a slot of its host from the start of the check until the
answer is known and, if the password was wrong, until the delay of the answer is over.  The slot does not depend on the
client, so a reset of the connection frees no slot.  A guess that finds no free slot waits.

* A host without failures has `MOST_AT_ONCE` slots: crowds behind one address log in together.  After a failure the
  host has `FEW_AT_ONCE` slots, and each name that has failed from this host has a single slot.  At the longest delay
  that makes 48 guesses a minute for a host, and 12 for a name from a host.
* Slots are counted only by host.  If a name had its own slots, guesses from other hosts could fill them and lock out
  the owner of the name.
* Names take turns at free slots, so 30 guesses of a name delay another name by a single turn.  Names that have logged
  in from this host before, and names that have not, take turns as two groups, so an attacker who invents names hardly
  delays the users of the same network.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from ftpd_service.policy.logins import MOST_KEYS, FailedLogins, name_key
from ftpd_service.values import IPAddress

MOST_AT_ONCE = 12
"""The slots of a host without failures."""
FEW_AT_ONCE = 4
"""The slots of a host that has failed."""


class Guess:
    """A password that a client has sent, until its slot is free again.

    :ivar admitted: whether it has a slot, so that the password may be checked.
    """

    __slots__ = ("admitted", "host", "known", "name")

    def __init__(self, host: IPAddress, name: bytes, *, known: bool) -> None:
        self.host = host
        self.name = name
        self.known = known
        self.admitted = False


class Guesses:
    """All guesses that wait, are being checked, or whose delay runs.  The service has a single object.

    :ivar failures: the failed logins, which decide about slots and delays.
    """

    __slots__ = ("_hosts", "_known", "_most_keys", "failures")

    def __init__(self, failures: FailedLogins, *, most_keys: int = MOST_KEYS) -> None:
        """Take the failed logins.

        :param most_keys: the most remembered pairs of host and name that have logged in; the oldest are forgotten.
        """
        self.failures = failures
        self._most_keys = most_keys
        self._hosts: dict[IPAddress, _Host] = {}
        self._known: OrderedDict[tuple[IPAddress, bytes], None] = OrderedDict()

    def __len__(self) -> int:
        return sum(host.taken + len(host) for host in self._hosts.values())

    def arrive(self, host: IPAddress, name: bytes, now: float) -> Guess:
        """Register a password that a client has sent; the guess is admitted at once if a slot is free."""
        key = name_key(name)
        guess = Guess(host, key, known=(host, key) in self._known)
        here = self._hosts.get(host)
        if here is None:
            here = self._hosts[host] = _Host()
        if self._is_free(here, host, key, now):
            # No waiting guess is overtaken: `over` has admitted all guesses that may have a slot.
            here.occupy(guess)
        else:
            here.add(guess)
        return guess

    def failed(self, guess: Guess, now: float) -> float:
        """Record a wrong password, and return the seconds for which the guess keeps its slot and its answer waits."""
        return self.failures.failed(guess.host, guess.name, now)

    def succeeded(self, guess: Guess, now: float) -> None:
        """Record a right password."""
        self.failures.succeeded(guess.host, guess.name, now)
        pair = (guess.host, guess.name)
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > self._most_keys:
            self._known.popitem(last=False)

    def given_up(self, guess: Guess, now: float) -> list[Guess]:
        """Drop a guess whose client left before the check, and return the guesses that are admitted in its place."""
        self.failures.given_up(guess.host, now)
        return self.over(guess, now)

    def over(self, guess: Guess, now: float) -> list[Guess]:
        """End a guess and its delay, or its wait, and return the guesses that are admitted in its place."""
        here = self._hosts[guess.host]
        here.remove(guess)
        admitted = self._admit(here, guess.host, now) if here.waits else []
        if not here.taken and not here.waits:
            del self._hosts[guess.host]
        return admitted

    def _admit(self, here: _Host, host: IPAddress, now: float) -> list[Guess]:
        def is_free(name: bytes) -> bool:
            return self._has_slot(here, host, name, now)

        most = self._most(host, now)
        admitted = []
        while here.taken < most:
            guess = here.admit(is_free)
            if guess is None:
                break
            admitted.append(guess)
        return admitted

    def _is_free(self, here: _Host, host: IPAddress, name: bytes, now: float) -> bool:
        return here.taken < self._most(host, now) and self._has_slot(here, host, name, now)

    def _most(self, host: IPAddress, now: float) -> int:
        return FEW_AT_ONCE if self.failures.of_host(host, now) else MOST_AT_ONCE

    def _has_slot(self, here: _Host, host: IPAddress, name: bytes, now: float) -> bool:
        return name not in here.names or not self.failures.of_pair(host, name, now)


class _Host:
    """The guesses of one host.

    :ivar taken: the number of guesses with a slot.
    :ivar names: the number of guesses with a slot, by name.
    """

    __slots__ = ("_groups", "_known_first", "names", "taken")

    def __init__(self) -> None:
        self.taken = 0
        self.names: dict[bytes, int] = {}
        self._known_first = True
        # This is made with the first waiting guess; most hosts never have a waiting guess.
        self._groups: dict[bool, _Waiting] = {}

    def __len__(self) -> int:
        return sum(len(guesses) for group in self._groups.values() for guesses in group.names.values())

    @property
    def waits(self) -> bool:
        """Return whether a guess waits."""
        return bool(self._groups) and any(group.names for group in self._groups.values())

    def add(self, guess: Guess) -> None:
        """Add a guess to those that wait."""
        if guess.known not in self._groups:
            self._groups[guess.known] = _Waiting()
        self._groups[guess.known].names.setdefault(guess.name, {})[guess] = None

    def occupy(self, guess: Guess) -> None:
        """Give a slot to a guess; the other group's turn is next."""
        self._known_first = not guess.known
        guess.admitted = True
        self.taken += 1
        self.names[guess.name] = self.names.get(guess.name, 0) + 1

    def remove(self, guess: Guess) -> None:
        """Forget a guess, which waits or has a slot."""
        if not guess.admitted:
            self._groups[guess.known].remove(guess)
            return
        self.taken -= 1
        self.names[guess.name] -= 1
        if not self.names[guess.name]:
            del self.names[guess.name]

    def admit(self, is_free: Callable[[bytes], bool]) -> Guess | None:
        """Give a slot to the guess whose turn it is, among the names that may have a slot; return None if no guess
        waits.
        """
        for known in (self._known_first, not self._known_first):
            group = self._groups.get(known)
            guess = None if group is None else group.next(is_free)
            if guess is not None:
                self.occupy(guess)
                return guess
        return None


class _Waiting:
    """The waiting guesses of a group, by name; the name whose turn it is stands first."""

    __slots__ = ("names",)

    def __init__(self) -> None:
        self.names: OrderedDict[bytes, dict[Guess, None]] = OrderedDict()

    def next(self, is_free: Callable[[bytes], bool]) -> Guess | None:
        """Remove and return the guess whose turn it is; its name then comes last."""
        # Only names with a slot are skipped, so this search is never long.
        name = next(filter(is_free, self.names), None)
        if name is None:
            return None
        guess = next(iter(self.names[name]))
        self.remove(guess)
        if name in self.names:
            self.names.move_to_end(name)
        return guess

    def remove(self, guess: Guess) -> None:
        """Remove a guess."""
        guesses = self.names[guess.name]
        del guesses[guess]
        if not guesses:
            del self.names[guess.name]
