"""Registries: names, aliases and configurations lead to classes of one kind, and to no other."""

import os
from dataclasses import dataclass

import pytest

from halflight.nn.naming import snake_case
from halflight.nn.registry import Registry


@dataclass(frozen=True)
class Shape:
    size: float = 1.0


@dataclass(frozen=True)
class RoundShape(Shape):
    holes: int = 0


@dataclass(frozen=True)
class _Hidden(Shape):
    pass


@dataclass(frozen=True, kw_only=True)
class Line(Shape):
    length: float


NAMESPACE = {"Shape": Shape, "RoundShape": RoundShape, "_Hidden": _Hidden, "os": os, "int": int}


def shapes():
    registry = Registry("shape", Shape, snake_case)
    registry.collect(NAMESPACE, ball="RoundShape")
    return registry


def test_what_a_namespace_offers_is_found_by_every_name():
    registry = shapes()
    assert list(registry) == ["round_shape"]
    assert len(registry) == 1
    for name in ("RoundShape", "round_shape", "ROUND_SHAPE", "ball", "Ball"):
        assert registry[name] is RoundShape
        assert registry.make(name) == RoundShape()
    given = RoundShape(2.0)
    assert registry.make(given) is given
    entry = {"class": "RoundShape", "config": {"holes": 3}}
    assert registry.make(entry) == registry.construct(entry) == RoundShape(holes=3)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("square", "unknown shape 'square'; known are round_shape"),
        (3, "unknown shape 3"),
        ({"class": "RoundShape"}, 'expected {"class": ..., "config": ...}, received'),
        ({"class": "_Hidden", "config": {}}, "unknown class '_Hidden'.* registered first"),
        ({"class": "os.system", "config": {}}, "unknown class 'os.system'"),
        ({"class": "ball", "config": {}}, "unknown class 'ball'"),
        ({"class": ["RoundShape"], "config": {}}, "unknown class"),
        ({"class": "RoundShape", "config": [1]}, "the configuration must be a mapping"),
        ({"class": "RoundShape", "config": {"__class__": 1}}, r"unknown argument\(s\) __class__"),
    ],
)
def test_nothing_else_is_built(value, message):
    with pytest.raises(ValueError, match=message):
        shapes().make(value)


def test_a_missing_argument_is_named():
    registry = Registry("shape", Shape)
    assert registry.register(Line) is Line
    with pytest.raises(ValueError, match="shape Line: .*length"):
        registry.make("Line")


@pytest.mark.parametrize("cls", [int, "RoundShape", type("Bare", (), {})])
def test_only_dataclasses_of_the_kind_are_registered(cls):
    with pytest.raises(TypeError, match="a shape is a dataclass that extends Shape, received"):
        shapes().register(cls)


@pytest.mark.parametrize("name", ["RoundShape", "round_shape", "Ball"])
def test_a_taken_name_is_refused(name):
    with pytest.raises(ValueError, match=f"shape {name}: the name is taken by .*RoundShape"):
        shapes().register(type(name, (Shape,), {}))
