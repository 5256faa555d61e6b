"""Registry: the classes of one kind that a name or a file may ask for; nothing else is built."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import is_dataclass
from typing import Any, Generic, TypeVar, cast

from halflight.nn.configuration import arguments

T = TypeVar("T")
C = TypeVar("C", bound=type)


_custom: ContextVar[Mapping[str, type]] = ContextVar("custom", default={})  # noqa: B039


@contextmanager
def custom(classes: Mapping[str, type] | None) -> Iterator[None]:
    """Let names ask for these classes too, in this block and thread alone.

    Raises:
        TypeError: one is no class.
    """
    for name, cls in (classes or {}).items():
        if not isinstance(cls, type):
            raise TypeError(f"custom_objects: {name!r} must be a class, received {cls!r}")
    token = _custom.set({**_custom.get(), **(classes or {})})
    try:
        yield
    finally:
        _custom.reset(token)


class Registry(Mapping[str, type[T]], Generic[T]):
    """Classes by name: by that of the class, and in any case by Keras's string or an alias.

    Args:
        kind: what they are called in messages, such as "layer".
        base: the class that all of them extend.
        spell: makes Keras's string of a class's name.
    """

    def __init__(self, kind: str, base: type[T], spell: Callable[[str], str] = str) -> None:
        """Begin without a class."""
        self.kind, self.base, self._spell = kind, base, spell
        self._classes: dict[str, type[T]] = {}
        self._aliases: dict[str, str] = {}

    def __getitem__(self, name: str) -> type[T]:
        """Return the class of that name, Keras's string or alias; raise KeyError."""
        found = self._class(name)
        return self._classes[self._aliases[name.lower()]] if found is None else found

    def __iter__(self) -> Iterator[str]:
        """Go through Keras's strings."""
        return map(self._spell, self._classes)

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self._classes)

    def register(self, cls: C) -> C:
        """Let files and names ask for a class, a dataclass whose fields are its configuration.

        Raises:
            TypeError: it is no dataclass that extends the base.
            ValueError: its name is taken.
        """
        self._configured(cls)
        name, string = cls.__name__, self._spell(cls.__name__).lower()
        if name in self._classes or string in self._aliases:
            raise ValueError(
                f"{self.kind} {name}: the name is taken by {self[string]!r}: choose another"
            )
        self._classes[name], self._aliases[string] = cast(type[T], cls), name
        return cls

    def _configured(self, cls: C) -> C:
        """Return the class, if it is a dataclass of this kind; raise TypeError."""
        if not isinstance(cls, type) or not issubclass(cls, self.base) or not is_dataclass(cls):
            raise TypeError(
                f"a {self.kind} is a dataclass that extends {self.base.__name__}, received {cls!r}"
            )
        return cls

    def _class(self, name: str) -> type[T] | None:
        """Return the class of exactly that name, if there is one."""
        found = _custom.get().get(name)
        if found is not None and issubclass(found, self.base):
            return self._configured(found)
        return self._classes.get(name)

    def collect(self, namespace: Mapping[str, object], **aliases: str) -> None:
        """Register the classes that a module's namespace holds, but for the base and private ones.

        `aliases` are further names of theirs.
        """
        for name, found in list(namespace.items()):
            if name.startswith("_") or not isinstance(found, type) or found is self.base:
                continue
            if issubclass(found, self.base):
                self.register(found)
        self._aliases |= aliases

    def make(self, value: str | T | Mapping[str, Any]) -> T:
        """Return an object from a name, from a configuration {"class", "config"}, or itself.

        Raises:
            ValueError: there is no class of that name, or the configuration is not its own.
        """
        if isinstance(value, self.base):
            return value
        if isinstance(value, Mapping):
            return self.construct(value)
        if not isinstance(value, str) or value not in self:
            raise ValueError(f"unknown {self.kind} {value!r}; known are {', '.join(sorted(self))}")
        return self.construct({"class": self[value].__name__, "config": {}})

    def construct(self, entry: Any) -> T:
        """Build what `entry` = {"class", "config"} describes, from the constructor's own arguments.

        Raises:
            ValueError: an unknown class, an unknown or missing argument, or a malformed entry.
        """
        kind = self.kind
        if not isinstance(entry, Mapping) or set(entry) != {"class", "config"}:
            raise ValueError(
                f'{kind}: expected {{"class": ..., "config": ...}}, received {entry!r:.200}'
            )
        name, config = entry["class"], entry["config"]
        cls: Any = self._class(name) if isinstance(name, str) else None
        if cls is None:
            raise ValueError(
                f"{kind}: unknown class {name!r:.200}; a class of your own must be registered "
                f"first, by halflight.nn.register; known are {', '.join(sorted(self._classes))}"
            )
        if not isinstance(config, Mapping):
            raise ValueError(
                f"{kind} {name}: the configuration must be a mapping, received {config!r:.200}"
            )
        allowed = {field.name for field in arguments(cls)}
        unknown = sorted(str(key) for key in set(config) - allowed)
        if unknown:
            raise ValueError(
                f"{kind} {name}: unknown argument(s) {', '.join(unknown)}; "
                f"known are {', '.join(sorted(allowed))}"
            )
        try:
            built: T = cls(**config)
        except TypeError as error:
            raise ValueError(f"{kind} {name}: {error}") from error
        return built
