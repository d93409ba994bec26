"""The layers of an account's settings."""

from __future__ import annotations

from ftpd_service.account import Account, AccountSettings, Rates
from ftpd_service.accounts.layers import Layers
from ftpd_service.errors import LoginRefused
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase

ALL = Permissions.ALL
LAYERS = Layers(
    groups={"customers": AccountSettings(home="/srv/customers/{name}", sessions=4, rates={"upload": 10})},
    defaults=AccountSettings(home="/srv/ftp", permissions=ALL, rates={"upload": 20, "download": 30}),
    limits=AccountSettings(sessions=9),
)


class LayersTests(SynchronousTestCase):
    """The first layer that has a setting decides it."""

    def test_without_settings_the_defaults_decide(self) -> None:
        """Name, home, permissions and throttles come from `account_defaults`, the cap from `limits`."""
        account = LAYERS.account("bob")
        expected = Account(
            name="bob", home="/srv/ftp", permissions=ALL, rates=Rates(upload=20, download=30), sessions=9
        )
        self.assertEqual(account, expected)

    def test_group_goes_before_the_defaults(self) -> None:
        """What the group leaves out comes from the defaults, throttle by throttle."""
        account = LAYERS.account("bob", AccountSettings(group="customers"))
        self.assertEqual((account.home_path(), account.sessions), ("/srv/customers/bob", 4))
        self.assertEqual((account.permissions, account.rates), (ALL, Rates(upload=10, download=30)))

    def test_own_settings_go_before_the_group(self) -> None:
        """An account that has a setting itself keeps it."""
        account = LAYERS.account("bob", AccountSettings(group="customers", home="/srv/b", sessions=1))
        self.assertEqual((account.home, account.sessions), ("/srv/b", 1))

    def test_earlier_layer_goes_before_a_later_one(self) -> None:
        """A checker's answer goes before the entry of the file."""
        account = LAYERS.account("bob", AccountSettings(home="/a"), AccountSettings(home="/b", sessions=1))
        self.assertEqual((account.home, account.sessions), ("/a", 1))

    def test_null_lifts_a_throttle(self) -> None:
        """None that is given means no limit; a throttle that is not given comes from below."""
        account = LAYERS.account("bob", AccountSettings(rates={"upload": None}))
        self.assertEqual(account.rates, Rates(upload=None, download=30))

    def test_false_is_given(self) -> None:
        """A setting that is false is given, unlike None."""
        layers = Layers(defaults=AccountSettings(create_home=True, needs_tls=True))
        account = layers.account("bob", AccountSettings(create_home=False, needs_tls=False))
        self.assertEqual((account.create_home, account.needs_tls), (False, False))

    def test_no_permissions_are_given_too(self) -> None:
        """``none`` is a value."""
        self.assertEqual(LAYERS.account("b", AccountSettings(permissions=Permissions.NONE)).permissions.value, 0)

    def test_group_of_the_defaults(self) -> None:
        """`account_defaults` may name the group of accounts that name none."""
        layers = Layers(groups={"g": AccountSettings(home="/g")}, defaults=AccountSettings(group="g"))
        self.assertEqual(layers.account("bob"), Account(name="bob", group="g", home="/g"))

    def test_unknown_group_refuses_the_login(self) -> None:
        """An account without its template would have permissions that nobody has given to it."""
        problem = self.assertRaises(LoginRefused, LAYERS.account, "bob", AccountSettings(group="none"))
        self.assertEqual(str(problem), "account 'bob': its group 'none' is not defined in groups")
