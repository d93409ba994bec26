"""The JSON Schema against the declarations: it has every key, and fits the check in lists, mappings and words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from ftpd_service.config.json_schema import json_schema
from ftpd_service.config.keys import Key, all_keys
from tests.cases import SynchronousTestCase

Node = dict[str, Any]  # Any: JSON


def mappings_in(node: Node) -> Iterator[Node]:
    """The mappings that a value may be, below the alternatives and the entries of lists."""
    if "properties" in node or "additionalProperties" in node:
        yield node
    for inner in (*node.get("anyOf", ()), *([node["items"]] if "items" in node else ())):
        yield from mappings_in(inner)


def nodes_at(schema: Node, path: str) -> list[Node]:
    """The places of the schema for a key, by its path as `all_keys` has it."""
    nodes = [schema]
    for part in path.split("."):
        below = [mapping for node in nodes for mapping in mappings_in(node)]
        if part == "*":
            named = [one["additionalProperties"] for one in below if isinstance(one.get("additionalProperties"), dict)]
            # The entries of a list have no name, so the path goes on in the same mapping.
            nodes = named or below
        else:
            nodes = [one["properties"][part] for one in below if part in one.get("properties", {})]
    return nodes


class SchemaKeysTests(SynchronousTestCase):
    """The keys of the schema, each with the facts of its declaration."""

    def setUp(self) -> None:
        """Make the schema."""
        self.schema = json_schema()

    def wrong(self, fits: Any) -> list[str]:  # Any: a test of a key and its place
        """The keys whose place in the schema does not fit."""
        return [key.path for key in all_keys() if not any(fits(key, node) for node in nodes_at(self.schema, key.path))]

    def test_every_key_is_there_with_its_description(self) -> None:
        """Also in the entries of lists and mappings, and for each kind of checkers."""
        self.assertEqual(self.wrong(lambda key, node: node.get("description") == key.description), [])

    def test_a_key_with_a_plain_default_tells_it(self) -> None:
        """An editor shows it."""

        def fits(key: Key, node: Node) -> bool:
            return key.inside is not None or key.default is None or node.get("default") == key.default

        self.assertEqual(self.wrong(fits), [])

    def test_unknown_keys_are_refused_in_every_mapping(self) -> None:
        """But beside the kinds of checkers, where installed packages add theirs."""

        def fits(key: Key, node: Node) -> bool:
            closed = [one.get("additionalProperties") is not True for one in mappings_in(node)]
            return key.inside is None or (all(closed) and bool(closed)) == (not key.inside.open_ended)

        self.assertEqual(self.wrong(fits), [])

    def test_keys_that_must_be_given_are_demanded(self) -> None:
        """In the mapping that they stand in."""
        demanded = [
            key.path
            for key in all_keys()
            if key.required
            and not any(
                key.path.rpartition(".")[2] in mapping.get("required", ())
                for node in nodes_at(self.schema, key.path.rpartition(".")[0])
                for mapping in mappings_in(node)
            )
        ]
        self.assertEqual(demanded, [])


class SchemaValuesTests(SynchronousTestCase):
    """The values that the schema accepts."""

    def setUp(self) -> None:
        """Make the schema."""
        self.schema = Draft202012Validator(json_schema())

    def accepted(self, **values: object) -> bool:
        """Whether a file with these keys is right."""
        return self.schema.is_valid(values)

    def test_a_word_stands_for_a_checker(self) -> None:
        """A kind without settings, alone or among mappings."""
        self.assertTrue(self.accepted(auth={"checkers": ["accounts", {"strcred": "memory:a:b"}, "database"]}))

    def test_a_word_that_is_no_kind_is_no_checker(self) -> None:
        """And a kind with settings is no word."""
        self.assertFalse(self.accepted(auth={"checkers": ["acounts"]}))
        self.assertFalse(self.accepted(auth={"checkers": ["ldap"]}))

    def test_a_word_stands_for_no_list_of_checkers(self) -> None:
        """The check refuses it too."""
        self.assertFalse(self.accepted(auth={"checkers": "accounts"}))

    def test_a_mistake_in_a_checker(self) -> None:
        """A key of one kind is checked there."""
        self.assertTrue(self.accepted(auth={"checkers": [{"program": {"command": ["/x"], "processes": 2}}]}))
        self.assertFalse(self.accepted(auth={"checkers": [{"program": {"command": ["/x"], "proceses": 2}}]}))
        self.assertFalse(self.accepted(auth={"checkers": [{"program": {"processes": 2}}]}))

    def test_a_word_is_no_listener(self) -> None:
        """A listener is a mapping."""
        self.assertFalse(self.accepted(listeners="tcp:21"))
        self.assertFalse(self.accepted(listeners=["tcp:21"]))
        self.assertTrue(self.accepted(listeners=[{"endpoint": "tcp:21"}]))

    def test_an_address_stands_for_the_list_of_addresses(self) -> None:
        """But not for an entry of the list."""
        self.assertTrue(self.accepted(data_connections={"passive_address": "203.0.113.7"}))
        entry = {"network": "any", "address": "auto"}
        self.assertTrue(self.accepted(data_connections={"passive_address": [entry]}))
        self.assertFalse(self.accepted(data_connections={"passive_address": ["auto"]}))
        self.assertFalse(self.accepted(data_connections={"passive_address": [{"network": "any"}]}))

    def test_mappings_in_mappings_of_names(self) -> None:
        """The rules of a folder of an account."""
        folder = {"path": "/x", "rules": [{"path": "/a/**", "deny": ["read"]}]}
        self.assertTrue(self.accepted(accounts={"a": {"folders": {"/a": folder}}}))
        self.assertFalse(self.accepted(accounts={"a": {"folders": {"/a": {**folder, "rules": [{"deny": ["read"]}]}}}}))
        self.assertFalse(self.accepted(accounts={"a": {"folders": {"/a": {"rules": []}}}}))

    def test_environment_in_an_entry_of_a_list(self) -> None:
        """Where the entries are words of a choice, too."""
        self.assertTrue(self.accepted(accounts={"a": {"permissions": ["list", "${RIGHT:-read}"]}}))
        self.assertTrue(self.accepted(accounts={"a": {"rules": [{"path": "/x", "allow": ["${RIGHT:-read}"]}]}}))
        self.assertFalse(self.accepted(accounts={"a": {"permissions": ["list", "raed"]}}))
