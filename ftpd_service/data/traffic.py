"""The bytes that data connections have carried, by direction and protection, counted while they move."""

from __future__ import annotations

from ftpd_service.values import Direction


class Amount:
    """A number of bytes that only grows.

    :ivar byte_count: the bytes.
    """

    __slots__ = ("byte_count",)

    def __init__(self) -> None:
        self.byte_count = 0


class Traffic:
    """The bytes of all data connections of a process.

    :ivar amounts: the bytes for each direction, and for whether TLS protected them.
    """

    __slots__ = ("amounts",)

    def __init__(self) -> None:
        self.amounts = {(direction, protected): Amount() for direction in Direction for protected in (False, True)}
