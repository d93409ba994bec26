"""The layers of an account's settings: what is given first decides, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import reduce
from typing import Any

from ftpd_service.account import Account, AccountSettings, Rates
from ftpd_service.errors import LoginRefused
from ftpd_service.naming import Naming

_MERGED = tuple({one.name for one in fields(Account)} - {"name", "names", "rates", "uploads"})
"""The settings of which the first that is given decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The settings that apply to many accounts, below those of each account."""

    groups: Mapping[str, AccountSettings] = field(default_factory=dict)
    defaults: AccountSettings | None = None
    """`account_defaults`; with None a name without settings of its own has no account."""
    limits: AccountSettings = field(default_factory=AccountSettings)
    """The last layer: what ``limits`` says of accounts."""

    def account(self, name: str, *own: AccountSettings) -> Account:
        """Return an account, merged from its own settings, its group's, and the defaults, in this order.

        :param own: several layers of the account itself; the first goes before the second.
        :raises LoginRefused: its group is not defined.
        """
        layers = [*own, *self._below(name, own), self.limits]
        given = {one: value for one in _MERGED if (value := _first(layers, one)) is not None}
        rates = {rate: limit for layer in reversed(layers) for rate, limit in layer.rates.items()}
        uploads = tuple(sorted({key: value for layer in reversed(layers) for key, value in layer.uploads}.items()))
        names = reduce(Naming.over, (layer.names for layer in layers))
        return Account(name=name, rates=Rates(**rates), uploads=uploads, names=names, **given)

    def needs_tls(self, name: str, *own: AccountSettings) -> bool:
        """Return `Account.needs_tls` of an account, without the rest of it; see `account`."""
        return bool(_first([*own, *self._below(name, own)], "needs_tls"))

    def _below(self, name: str, own: tuple[AccountSettings, ...]) -> list[AccountSettings]:
        defaults = [] if self.defaults is None else [self.defaults]
        group = _first([*own, *defaults], "group")
        if group is None:
            return defaults
        if group not in self.groups:
            raise LoginRefused(f"account {name!r}: its group {group!r} is not defined in groups")
        return [self.groups[group], *defaults]


def _first(layers: list[AccountSettings], name: str) -> Any:  # Any: the type of the field
    """Return the first value that is given."""
    return next((value for layer in layers if (value := getattr(layer, name)) is not None), None)
