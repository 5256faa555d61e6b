"""params.yaml as plain values with their places: what YAML may say there, and within which bounds.

Refused is what hides more than it shows (a key written twice, a tag, a list of lists of aliases),
and what YAML 1.1, PyYAML's, and YAML 1.2, DVC's, read differently: `010`, `1:30`, `1_000`, `yes`.
`1e-3`, which DVC writes for .001, is the number that DVC reads.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from halflight.reading import ReadingError, name_of, place, read_text
from halflight.text import printable, shortened, shown

LARGEST_FILE = 2**19  # bytes: ours has 37 kB
LARGEST_DEPTH = 32  # levels: ours have six
LARGEST_SIZE = 10_000  # values with all aliases written out: ours has 700, and PyYAML is slow
TEXT_UNIT = 256  # characters of a text that count as one value
LARGEST_INTEGER = 2**63  # what NumPy and Parquet hold

_TAG = "tag:yaml.org,2002:"
_FLOAT = re.compile(
    r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
    r"|[-+]?\.(inf|nan)",
    re.IGNORECASE,
)
_PLAIN = {  # what both versions of YAML read alike, of each kind of plain scalar
    f"{_TAG}int": re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+"),
    f"{_TAG}float": _FLOAT,
    f"{_TAG}bool": re.compile("true|false", re.IGNORECASE),
    f"{_TAG}null": re.compile("|~|null", re.IGNORECASE),
    f"{_TAG}str": re.compile(".*", re.DOTALL),
}


@dataclass(frozen=True)
class Document:
    """The values of a file, and where they stand in it."""

    values: Any
    root: yaml.Node | None

    def line(self, names: Sequence[str | int]) -> int:
        """The line, from 1, of a value by the names that lead to it, as far as they exist."""
        node, line = self.root, 1
        for name in names:
            entry = _entry(node, name)
            if entry is None:
                break
            line, node = entry
        return line


def _entry(node: yaml.Node | None, name: str | int) -> tuple[int, yaml.Node] | None:
    """The line and the node of one entry of a mapping or list."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(name, int) and name < len(node.value):
        value = node.value[name]
        return value.start_mark.line + 1, value
    return None


def read_document(path: Path) -> Document:
    """Read a file of one YAML document.

    Raises:
        ReadingError: it is too large, not UTF-8, not YAML, or breaks a rule above; one short line
            that names the file and the place.
        OSError: there is none, or it cannot be opened.
    """
    text = read_text(path, largest=LARGEST_FILE)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        return Document(None if root is None else loader.construct_document(root), root)
    except yaml.reader.ReaderError as error:
        where, problem = place(text, error.position), f"the character U+{error.character:04X}"
        problem += " may not stand in a text: delete it"
        raise ReadingError(f"{name_of(path)}, {where}: not valid YAML: {problem}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        problem = shortened(printable(error.problem or "it cannot be read"))
        hint = ": indent by spaces, never by tabs" if "'\\t'" in problem else ""
        raise ReadingError(f"{name_of(path)}, {where}: not valid YAML: {problem}{hint}") from error


class _Loader(yaml.SafeLoader):
    """A safe loader that judges each node when it is composed, before any value is built."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._composed = 0
        self._sizes: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node and all below it; ConstructorError at the first that is refused."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if node not in self._sizes:
                _refuse(event, f"the alias {shown(event.anchor)} stands within what it names")
            return node
        if event.tag is not None:
            _refuse(event, f"the tag {shown(event.tag)} is not read here: write a plain value")
        self._depth += 1
        self._composed += 1
        if self._depth > LARGEST_DEPTH:
            _refuse(event, f"it has more than {LARGEST_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None:
            _judge(node)
            self._sizes[node] = self._size(node)
            if max(self._sizes[node], self._composed) > LARGEST_SIZE:
                _refuse(event, f"with all aliases written out it has over {LARGEST_SIZE} values")
        return node

    def _size(self, node: yaml.Node) -> int:
        if isinstance(node, yaml.ScalarNode):
            return 1 + len(node.value) // TEXT_UNIT
        return 1 + sum(self._sizes[part] for part in _parts(node))


_Loader.add_implicit_resolver(
    f"{_TAG}float", re.compile(rf"({_FLOAT.pattern})$"), [*"-+.0123456789"]
)


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    for part in node.value:
        yield from part if isinstance(part, tuple) else (part,)


def _judge(node: yaml.Node) -> None:
    """Refuse a plain scalar with two readings, and a mapping with keys that are none."""
    if isinstance(node, yaml.ScalarNode) and node.style is None:
        form = _PLAIN.get(node.tag)
        if form is None or not form.fullmatch(node.value):
            _refuse(
                node,
                f"{shown(node.value)} has other meanings in other versions of YAML: write true, "
                "false or a decimal number, or quote it where it is text",
            )
        if node.tag == f"{_TAG}int" and not _is_small(node.value):
            _refuse(node, f"the integer {shortened(node.value)} does not fit 64 bits")
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != f"{_TAG}str":
                given = shown(key.value) if isinstance(key, yaml.ScalarNode) else "a list"
                _refuse(key, f"a key must be text, received {given}: write a name, or quote it")
            if key.value in seen:
                _refuse(key, f"the key {shown(key.value)} is written twice")
            seen.add(key.value)


def _is_small(digits: str) -> bool:
    return len(digits) <= len(str(LARGEST_INTEGER)) + 1 and abs(int(digits, 0)) < LARGEST_INTEGER


def _refuse(at: Any, problem: str) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, at.start_mark)
