"""Storages that behave as strangers' do, for the tests of accounts that name them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from zope.interface import implementer

from ftpd_service.account import StorageChoice
from ftpd_service.errors import LoginRefused
from ftpd_service.interfaces import IStorage
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.named import StorageLogin

HERE = __name__

NOT_CALLABLE = 5


@implementer(IStorage)
class Remembered(MemoryStorage):
    """A storage that keeps what it was made with."""

    made: ClassVar[list[Remembered]] = []

    def __init__(self, login: StorageLogin, *, bucket: str = "") -> None:
        super().__init__()
        self.login, self.bucket, self.thread = login, bucket, threading.current_thread()
        self.logouts = 0
        self.made.append(self)

    def logout(self) -> None:
        """Count."""
        self.logouts += 1


@implementer(IStorage)
class Demanding(MemoryStorage):
    """A storage with an option that must be given."""

    def __init__(self, login: StorageLogin, *, bucket: str) -> None:
        super().__init__()


@implementer(IStorage)
class Broken(MemoryStorage):
    """A storage that cannot be made; its exception shows an option."""

    def __init__(self, login: StorageLogin, *, password: str = "none") -> None:
        raise KeyError(f"no bucket for {password}")


@implementer(IStorage)
class Leaving(MemoryStorage):
    """A storage whose class calls sys.exit."""

    def __init__(self, login: StorageLogin) -> None:
        sys.exit("no bucket")


@implementer(IStorage)
class Refusing(MemoryStorage):
    """A storage that refuses its logins."""

    def __init__(self, login: StorageLogin) -> None:
        raise LoginRefused("the customer has left")


def below_home(login: StorageLogin) -> IStorage:
    """Local files, by what the login gives."""
    assert login.home is not None
    return login.local(login.home)


async def on_the_reactor(login: StorageLogin) -> IStorage:
    """A storage that waits for something of the reactor's."""
    return Remembered(login)


def neither(login: StorageLogin) -> object:
    """No storage."""
    return object()


begun = threading.Event()
hung = threading.Event()


def hanging(login: StorageLogin) -> IStorage:
    """A storage that is there too late."""
    begun.set()
    hung.wait(60)
    return Remembered(login)


def named(factory: Callable[..., Any], **settings: Any) -> StorageChoice:  # Any: as StorageChoice takes
    """The storage of this module that is made so."""
    return StorageChoice(python=f"{HERE}:{factory.__name__}", **settings)
