"""Classes of wrappers that provide the same optional interfaces as the storages and handles that they wrap."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from zope.interface import Interface, classImplements

from ftpd_service.copy_interfaces import IOpenCopies, ITakesCopies
from ftpd_service.hook_interfaces import IHostPaths, IOnHost, IRecordsOrigin
from ftpd_service.interfaces import (
    IChangeMode,
    IFreeSpace,
    IHiddenWrite,
    IInspectable,
    IMapNames,
    IMapPages,
    ISizeLimits,
    IStorage,
    IWriteHandle,
)
from ftpd_service.quarantine_interfaces import IQuarantinable
from ftpd_service.tree_interfaces import IRemoveTree
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.version_interfaces import IOpenUnread

W = TypeVar("W")

_OPTIONAL = (
    IMapPages,
    IMapNames,
    IChangeMode,
    IFreeSpace,
    ISizeLimits,
    IOpenCopies,
    IOpenUnread,
    IRemoveTree,
    IHostPaths,
    IRecordsOrigin,
)
"""The optional interfaces that wrappers of storages pass on."""

_OPTIONAL_OF_HANDLES = (IHiddenWrite, IInspectable, IOnHost, IQuarantinable, IFormerFile, ITakesCopies)
"""Those that wrappers of write handles pass on."""


def providing_as(wrapper: type[W], inner: IStorage, *more: type[Interface]) -> type[W]:
    """Return the subclass of a wrapper's class that implements the optional interfaces of a storage, and more."""
    optional = tuple(interface for interface in _OPTIONAL if interface.providedBy(inner))
    return _implementing(wrapper, optional + more)  # type: ignore[arg-type]  # every class is hashable


def handle_providing_as(wrapper: type[W], inner: IWriteHandle) -> type[W]:
    """Return the subclass of a wrapper's class that implements the optional interfaces of a write handle."""
    optional = tuple(interface for interface in _OPTIONAL_OF_HANDLES if interface.providedBy(inner))
    return _implementing(wrapper, optional) if optional else wrapper  # type: ignore[arg-type]  # likewise


@lru_cache(maxsize=32)
def _implementing(
    wrapper: type[Any],  # Any: lru_cache keeps no type variable
    optional: tuple[type[Interface], ...],
) -> type[Any]:  # Any: likewise
    """Return a cached class for a set of interfaces; interfaces on objects take kilobytes and a tenth of a login."""
    made = type(wrapper.__name__, (wrapper,), {})
    classImplements(made, *optional)  # type: ignore[misc]  # mypy-zope knows class statements only
    return made
