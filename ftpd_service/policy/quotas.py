"""The stored bytes and files of an account, and the room that its running uploads hold.  Pure.

An upload holds the bytes that it writes, so several uploads of an account never exceed its quota together.  An upload
that overwrites bytes of a file may use their room besides (its credit), because the sum does not grow by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ftpd_service.account import Quota
from ftpd_service.errors import QuotaExceeded
from ftpd_service.values import VirtualPath

SCARCE_BYTES = 16 * 1024
"""The least room that a slice of an upload gets if there is so much; otherwise it gets a quarter of what is left."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The sizes of all files of an account together, and their number.  Directories do not count."""

    bytes: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """The file at a path, as the storage tells of it; its size is None if there is no file."""

    path: VirtualPath
    unique: str = ""
    """The same for all names of a file; empty if the storage does not tell."""
    size: int | None = None
    linked: bool = False
    """Whether the last name of the path is a link."""

    @property
    def key(self) -> str:
        """Return the key of the file: no path is equal to the key of a file that is known by `unique`."""
        return f"={self.unique}" if self.unique and self.size is not None else self.path


@dataclass(eq=False, slots=True)
class FileInUse:
    """A file that running uploads replace or change.

    :ivar size: the size that the totals count, or None if they do not count the file.
    :ivar gone: whether the file was removed, renamed or replaced meanwhile.
    """

    keys: list[str]
    size: int | None
    gone: bool = False
    reservations: list[Reservation] = field(default_factory=list)


@dataclass(eq=False, slots=True, kw_only=True)
class Reservation:
    """The room that a running upload holds.

    :ivar start: the place of its first byte in the file.
    :ivar credit: the bytes that it may write although the quota is used up, because they replace others.
    :ivar makes_file: whether its end adds a file.
    :ivar linked: whether the last name of its path was a link.
    :ivar taken: the bytes that were written, and those that were allotted to the next slice.
    """

    file: FileInUse
    start: int
    credit: int
    makes_file: bool
    linked: bool = False
    taken: int = 0
    allotted: int = 0

    def leads_to(self, now: Standing) -> bool:
        """Return whether its path leads to the file of the opening still, or to no file as then."""
        return not self.file.gone and now.key in self.file.keys and now.linked == self.linked

    @property
    def beyond_credit(self) -> int:
        """Return the bytes that the upload holds of the quota."""
        return max(0, self.taken - self.credit)


class Usage:
    """The totals of an account and the room that its uploads hold.

    :ivar totals: what is stored, without what running uploads have added.
    """

    __slots__ = ("_files", "_held", "_new_files", "_running", "totals")

    def __init__(self) -> None:
        self.totals = Totals()
        self._held = 0
        self._new_files = 0
        self._running = 0
        self._files: dict[str, FileInUse] = {}

    @property
    def busy(self) -> bool:
        """Return whether uploads run."""
        return self._running > 0

    def in_use(self, standing: Standing) -> FileInUse | None:
        """Return the file if uploads use it."""
        return self._files.get(standing.key)

    def begin(self, standing: Standing, *, start: int, replaces: bool, quota: Quota | None) -> Reservation:
        """Return the reservation of an upload that begins; `end` is called at its end.

        :param replaces: whether the bytes behind `start` are overwritten; only one upload of a file gets their room.
        :raises QuotaExceeded: the number of files is used up, or there is no room for a byte.
        """
        file = self.in_use(standing) or FileInUse([standing.key], standing.size)
        credit = self._credit(file, start) if replaces else 0
        reservation = Reservation(
            file=file, start=start, credit=credit, makes_file=standing.size is None, linked=standing.linked
        )
        self._demand(reservation, quota)
        self._name(file)
        file.reservations.append(reservation)
        self._new_files += reservation.makes_file
        self._running += 1
        return reservation

    def keep_former(self, reservation: Reservation, quota: Quota | None) -> None:
        """Hold the room of a file more, because the upload will keep the file that it replaces.

        :raises QuotaExceeded: the number of files is used up, or there is no room for a byte.
        """
        if reservation.makes_file:
            return
        reservation.credit = 0
        reservation.makes_file = True
        try:
            self._demand(reservation, quota)
        except QuotaExceeded:
            reservation.makes_file = False
            raise
        self._new_files += 1

    def kept(self, count: int, files: int) -> None:
        """Record bytes and files besides the file of an upload: versions that were kept, less those removed."""
        self._add(count, files)

    def left(self, quota: Quota) -> int | None:
        """Return the bytes that neither files nor uploads use, or None without a limit."""
        return None if quota.bytes is None else max(0, quota.bytes - self.totals.bytes - self._held)

    def room_at(self, standing: Standing, start: int, quota: Quota | None, *, replaces: bool) -> int | None:
        """Return how many bytes an upload that began now could write, or None without a limit."""
        file = self.in_use(standing) or FileInUse([standing.key], standing.size)
        credit = self._credit(file, start) if replaces else 0
        return self.room(Reservation(file=file, start=start, credit=credit, makes_file=False), quota)

    def room(self, reservation: Reservation, quota: Quota | None) -> int | None:
        """Return how many bytes more an upload may take, or None without a limit."""
        if quota is None or quota.bytes is None:
            return None
        others = self._held - reservation.beyond_credit
        unused = reservation.credit - reservation.taken
        # Bytes that replace others are allowed even if more is stored than the quota allows.
        return max(0, unused, quota.bytes - self.totals.bytes - others + unused)

    def take(self, reservation: Reservation, count: int, quota: Quota | None) -> int:
        """Hold bytes that are about to be written, as many as fit, and return their number."""
        self._unallot(reservation)
        room = self.room(reservation, quota)
        fitting = count if room is None else min(count, room)
        self._take(reservation, fitting)
        return fitting

    def allot(self, reservation: Reservation, most: int, quota: Quota | None) -> int:
        """Hold room for the next slice, and return its bytes: up to `most`, or 0 if nothing is left.

        Where little is left a slice does not get all of it, so that other uploads go on meanwhile.
        """
        self._unallot(reservation)
        room = self.room(reservation, quota)
        reservation.allotted = most if room is None else min(most, room, max(SCARCE_BYTES, room // 4))
        self._take(reservation, reservation.allotted)
        return reservation.allotted

    def settle(self, reservation: Reservation, count: int, quota: Quota | None) -> None:
        """Record that a slice has written so many bytes.

        :raises QuotaExceeded: more than was allotted, and the rest does not fit.
        """
        kept = min(count, reservation.allotted)
        self._unallot(reservation)
        self._take(reservation, kept)
        if count > kept and self.take(reservation, count - kept, quota) < count - kept:
            raise exceeded(quota)

    def end(self, reservation: Reservation) -> None:
        """Give back what an upload holds; its effect on the totals is recorded before."""
        file = reservation.file
        file.reservations.remove(reservation)
        if not file.reservations:
            self._forget(file)
        self._held -= reservation.beyond_credit
        self._new_files -= reservation.makes_file
        self._running -= 1

    def removed(self, standing: Standing) -> None:
        """Record that a file was removed, or replaced."""
        file = self.in_use(standing)
        size = standing.size if file is None else file.size
        if standing.size is not None and size is not None:
            self._add(-size, -1)
        self.moved(standing)

    def moved(self, standing: Standing) -> None:
        """Record that a path does not lead to a file any more: nobody gets its room."""
        file = None if standing.size is None else self.in_use(standing)
        if file is not None:
            file.gone = True
            self._forget(file)
            self._lower_credits(file, 0)

    def identified(self, file: FileInUse, standing: Standing) -> None:
        """Record which file an upload makes, so that it is known by every path."""
        if standing.key in file.keys or standing.size is None or file.gone:
            return
        other = self._files.get(standing.key)
        if other is not None:
            # Two uploads have made one file, by paths that looked different.
            other.gone = file.gone = True
            self._forget(other)
            return
        file.keys.append(standing.key)
        self._name(file)

    def committed(self, former: Standing, size: int) -> None:
        """Record that an upload has put a file in the place of a former one, or where none was."""
        self.removed(former)
        self._add(size, 1)

    def resized(self, reservation: Reservation, size: int) -> None:
        """Record the size of a file that an upload has changed in place."""
        file = reservation.file
        self._add(size - (file.size or 0), int(file.size is None))
        if size < (file.size or 0):
            self._lower_credits(file, size)
        file.size = size

    def assumed(self, reservation: Reservation) -> None:
        """Count all that an upload holds, because the outcome of its end is unknown."""
        self._add(reservation.beyond_credit, int(reservation.makes_file))

    def recounted(self, totals: Totals, sizes: dict[FileInUse, int]) -> None:
        """Take totals that were counted, with the sizes that were counted of files in use."""
        self.totals = totals
        for file in set(self._files.values()):
            self._seen(file, sizes.get(file))

    def _seen(self, file: FileInUse, size: int | None) -> None:
        """Record the counted size of a file: the bytes that uploads have added to it are not held besides."""
        known, file.size = file.size or 0, size
        if size is None:
            return
        self._lower_credits(file, size)
        grown = size - known
        for reservation in file.reservations:
            if grown > 0:
                own = min(grown, reservation.beyond_credit)
                self._held -= own
                reservation.credit += own
                grown -= own
            self._new_files -= reservation.makes_file
            reservation.makes_file = False

    def _name(self, file: FileInUse) -> None:
        for key in file.keys:
            self._files[key] = file

    def _forget(self, file: FileInUse) -> None:
        for key in file.keys:
            if self._files.get(key) is file:
                del self._files[key]

    def _lower_credits(self, file: FileInUse, size: int) -> None:
        for reservation in file.reservations:
            before = reservation.beyond_credit
            reservation.credit = min(reservation.credit, max(0, size - reservation.start))
            self._held += reservation.beyond_credit - before

    def _credit(self, file: FileInUse, start: int) -> int:
        if any(one.credit for one in file.reservations):
            return 0
        return max(0, (file.size or 0) - start)

    def _demand(self, reservation: Reservation, quota: Quota | None) -> None:
        if quota is None:
            return
        if reservation.makes_file and quota.files is not None and self.totals.files + self._new_files >= quota.files:
            raise QuotaExceeded(f"quota.files: {quota.files} files may be stored")
        if self.room(reservation, quota) == 0:
            raise exceeded(quota)

    def _add(self, count: int, files: int) -> None:
        self.totals = Totals(max(0, self.totals.bytes + count), max(0, self.totals.files + files))

    def _take(self, reservation: Reservation, count: int) -> None:
        before = reservation.beyond_credit
        reservation.taken += count
        self._held += reservation.beyond_credit - before

    def _unallot(self, reservation: Reservation) -> None:
        self._take(reservation, -reservation.allotted)
        reservation.allotted = 0


def exceeded(quota: Quota | None) -> QuotaExceeded:
    """Return the refusal of an upload for which there is no room."""
    return QuotaExceeded("quota.bytes" if quota is None else f"quota.bytes: {quota.bytes} bytes may be stored")
