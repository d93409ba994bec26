"""Reading YAML text into plain values, each with its line.

The scalars are those of YAML 1.2's core schema, not PyYAML's own: ``off`` and ``no`` are words, ``1:30`` and
``2027-01-31`` are text, ``027`` is the number 27.  Keys are always the text of the file.  The reader constructs only
mappings, lists, text, numbers, booleans and null, so a file can never run code.

The values that aliases repeat are counted, because nine short lines of aliases to aliases could otherwise make a
billion values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from ftpd_service.config.problems import KeyPath, Problem, dotted

DEEPEST = 30
"""The most levels of nesting; the deepest key of the configuration is on level six."""
LONGEST_NUMBER = 40
"""The most characters of a number; Python refuses to convert numbers of thousands of digits."""
MOST_COPIES = 10_000
"""The most values that the aliases of a file may repeat together."""

_TAG = "tag:yaml.org,2002:"
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INTEGER = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
_CORE = (("null", _NULL), ("bool", _BOOLEAN), ("int", _INTEGER), ("float", _FLOAT))


class CoreLoader(yaml.SafeLoader):
    """PyYAML's reader with the core schema's scalars; only its tree of nodes is used."""

    yaml_implicit_resolvers = {}


for _name, _pattern in _CORE:
    CoreLoader.add_implicit_resolver(_TAG + _name, _pattern, None)


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a file, their lines, and the problems of the text, such as keys that occur twice."""

    values: object = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """Return the line of a value, or of the nearest mapping or list around a missing value; 1 at least."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


def scalar(text: str) -> bool | int | float | str | None:
    """Return the value of an unquoted word by the core schema.

    :raises ValueError: the number has more digits than any sensible number.
    """
    for name, pattern in _CORE:
        if pattern.match(text):
            if name in ("int", "float") and len(text) > LONGEST_NUMBER:
                raise ValueError("too many digits")
            return _converted(name, text)
    return text


def _converted(name: str, text: str) -> bool | int | float | str | None:
    if name == "null":
        return None
    if name == "bool":
        return text.lower() == "true"
    if name == "int":
        # int(text, 0) would refuse 027, which is 27 by the core schema.
        return int(text[2:], {"0o": 8, "0x": 16}[text[:2]]) if text[:2] in ("0o", "0x") else int(text)
    if name == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def parse(octets: bytes) -> Document:
    """Read a file's text.  Invalid YAML gives a document with a single problem and no values."""
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _broken(1 + octets.count(b"\n", 0, error.start), "not UTF-8")
    try:
        loader = CoreLoader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        return _broken(error.problem_mark.line + 1 if error.problem_mark else 0, _sentence(error))
    except yaml.reader.ReaderError as error:
        line = 1 + text.count("\n", 0, error.position)
        return _broken(line, f"the character U+{error.character:04X} may not stand in YAML")
    except RecursionError:
        return _broken(0, f"nested deeper than {DEEPEST} levels")
    if node is None:
        return Document()
    reading = _Reading()
    values = reading.value(node, ())
    return Document(values, reading.lines, reading.problems)


def _broken(line: int, text: str) -> Document:
    return Document(problems=[Problem(line, "", text)])


def _sentence(error: yaml.MarkedYAMLError) -> str:
    """Return PyYAML's complaint as a line that shows at most single characters of the file."""
    problem = error.problem or "unreadable"
    if "'\\t'" in problem:
        return "not YAML: a tab stands where only spaces may indent"
    if "undefined alias" in problem:
        return "not YAML: an alias (*name) without its anchor (&name); a text that begins with * needs quotes"
    if "second occurrence" in problem:
        return "an anchor (&name) is given twice; a text that begins with & needs quotes"
    if "another document" in problem:
        return "more than one document: expected no second line of ---"
    if "tag handle" in problem:
        return "not YAML: an unknown tag; a text that begins with ! needs quotes"
    return f"not YAML: {problem}" + (f" ({error.context})" if error.context and "'" not in error.context else "")


class _Reading:
    """The walk through a tree of nodes; collects lines and problems as it goes."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self._known: set[int] = set()
        self._copies = 0

    def value(self, node: yaml.Node, path: KeyPath) -> object:
        """Return a node's plain value.  For an invalid node, the value is null and the problem is recorded."""
        if len(path) > DEEPEST:
            return self._wrong(node, path[:6], f"nested deeper than {DEEPEST} levels, or an alias to what it stands in")
        if id(node) in self._known:
            self._copies += 1
            if self._copies == MOST_COPIES + 1:
                return self._wrong(node, path, f"aliases repeat more than {MOST_COPIES} values")
            if self._copies > MOST_COPIES:
                return None
        self._known.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return self._list(node, path)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> object:
        if node.tag != _TAG + "map":
            return self._unknown_tag(node, path)
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(line, dotted(path), "a key must be a text"))
                continue
            key = str(key_node.value)
            here = (*path, key)
            wrong = self._key_problem(key_node, key, here)
            if wrong is not None:
                self.problems.append(Problem(line, dotted(here), wrong))
                continue
            # The node of an alias has the anchor's line; the line of its key is where the operator looks.
            self.lines[here] = line
            values[key] = self.value(value_node, here)
        return values

    def _key_problem(self, node: yaml.ScalarNode, key: str, path: KeyPath) -> str | None:
        if path in self.lines:
            return f"given twice, first on line {self.lines[path]}"
        if key == "<<" and node.style is None:
            return "merge keys (<<) are not read: write the keys themselves"
        return None

    def _list(self, node: yaml.SequenceNode, path: KeyPath) -> object:
        if node.tag != _TAG + "seq":
            return self._unknown_tag(node, path)
        values = []
        for position, item in enumerate(node.value):
            here = (*path, position)
            self.lines[here] = item.start_mark.line + 1
            values.append(self.value(item, here))
        return values

    def _scalar(self, node: yaml.Node, path: KeyPath) -> object:
        name = node.tag.removeprefix(_TAG)
        if name not in ("str", "null", "bool", "int", "float"):
            return self._unknown_tag(node, path)
        text = str(node.value)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            return self._wrong(node, path, "half of a surrogate pair is no character")
        try:
            if name in ("int", "float") and len(text) > LONGEST_NUMBER:
                return self._wrong(node, path, f"a number of {len(text)} characters: expected {LONGEST_NUMBER} at most")
            return _converted(name, text)
        except ValueError:
            return self._wrong(node, path, "a number that cannot be read")

    def _unknown_tag(self, node: yaml.Node, path: KeyPath) -> object:
        return self._wrong(node, path, "tags are not read; a text that begins with ! needs quotes")

    def _wrong(self, node: yaml.Node, path: KeyPath, text: str) -> object:
        """Record a problem; the value is then null."""
        line = self.lines.get(path, node.start_mark.line + 1)
        self.problems.append(Problem(line, dotted(path), text))
        return None
