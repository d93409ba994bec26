"""The children of a series, which are kept: prometheus-client finds a child by its labels in 2 us."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prometheus_client import Counter, Histogram

Labels = tuple[str, ...]
Child = Counter | Histogram


class Children:
    """The children of a series, by the values of its labels.

    :param known: the values of which the series tells 0 from the beginning.
    """

    __slots__ = ("_children", "_series")

    def __init__(self, series: Child, known: Iterable[Labels] = ()) -> None:
        self._series = series
        self._children: dict[Labels, Any] = {}  # Any: prometheus-client types a child as its series
        for labels in known:
            self.of(labels)

    def of(self, labels: Labels) -> Any:  # Any: see above
        """Return the child for the values of the labels, which are of closed sets."""
        child = self._children.get(labels)
        if child is None:
            child = self._children[labels] = self._series.labels(*labels)
        return child
