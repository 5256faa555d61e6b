"""The shape of the code: who may import whom, each library's home, and what dvc.yaml must list."""

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
MODULES = sorted(
    path.relative_to(ROOT)
    for room in ("core/halflight", "stages")
    for path in (ROOT / room).rglob("*.py")
)

# Which rooms a room of halflight may import besides itself; none of them knows the stages.
ROOMS = {
    "export": {"nn"},
    "images": set(),
    "judges": {"sky"},
    "kernels": set(),
    "nn": {"kernels"},
    "params": {"paths"},
    "report": {"files"},
    "sandbox": {"sky"},
    "sky": set(),
    "survey": set(),
}
HOMES = {
    "astroquery": "core/halflight/survey",
    "cuda": "core/halflight/kernels/cuda",
    "galsim": "core/halflight/sky",
    "PIL": "core/halflight/report",
    "matplotlib": "core/halflight/report",
    "numba": "core/halflight/kernels",
    "onnx": "core/halflight/export",
    "pydantic": "core/halflight/params",
    "safetensors": "core/halflight/nn",
    "yaml": "core/halflight/params",
}
BARE = {
    "core/halflight/kernels": {
        "numpy",
        "numba",
        "llvmlite",
        "cuda",
    },  # cuda-bindings comes with numba-cuda
    "core/halflight/nn": {"numpy", "safetensors"},
}


def taken(path):
    """What a file imports: every module, absolute, with each name taken from it, or none."""
    package = path.parent.as_posix().removeprefix("core/").replace("/", ".")
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            base = ".".join(filter(None, [parent if node.level else "", node.module]))
            yield from ((base, alias.name) for alias in node.names)


def imports(path):
    """Every module a file imports, absolute, with the names taken from it."""
    for module, name in taken(path):
        yield from [module] if name is None else [module, f"{module}.{name}"]


def file_of(module):
    stem = Path(module.replace(".", "/"))
    if module.split(".")[0] == "halflight":
        stem = "core" / stem
    return next(
        (f for f in (stem.with_suffix(".py"), stem / "__init__.py") if (ROOT / f).is_file()), None
    )


def closure(path):
    seen, queue = set(), [path]
    while queue:
        for module in imports(queue.pop()):
            # Importing a.b.c runs a and a.b too.
            for parts in range(1, module.count(".") + 2):
                found = file_of(".".join(module.split(".")[:parts]))
                if found and found not in seen:
                    seen.add(found)
                    queue.append(found)
    return seen


@pytest.mark.parametrize(
    "path", [m for m in MODULES if m.parts[0] == "core" and len(m.parts) > 3], ids=str
)
def test_a_room_imports_only_the_rooms_it_may(path):
    room = path.parts[2]
    used = {m.split(".")[1] for m in imports(path) if m.startswith("halflight.")}
    assert used - {room} <= ROOMS[room]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_library_has_one_home(path):
    used = {module.split(".")[0] for module in imports(path)}
    strangers = {lib for lib in used & HOMES.keys() if not path.as_posix().startswith(HOMES[lib])}
    assert not strangers


@pytest.mark.parametrize("room", BARE)
def test_the_network_needs_no_more_than_it_says(room):
    import sys

    used = {
        module.split(".")[0]
        for path in MODULES
        if path.as_posix().startswith(room)
        for module in imports(path)
    }
    assert used - set(sys.stdlib_module_names) - {"halflight"} <= BARE[room]


@pytest.mark.parametrize("stage", PIPELINE)
def test_dvc_lists_every_file_a_stage_imports(stage):
    deps = [Path(d) for d in PIPELINE[stage]["deps"]]
    missing = [
        path
        for path in sorted(closure(Path(f"stages/{stage}.py")))
        if path.parts[:3] != ("core", "halflight", "params")
        and path != Path("core/halflight/__init__.py")
        and not any(path == dep or dep in path.parents for dep in deps)
    ]
    assert not missing


@pytest.mark.parametrize("stage", PIPELINE)
def test_dvc_lists_no_code_a_stage_does_not_use(stage):
    used = closure(Path(f"stages/{stage}.py")) | {Path(f"stages/{stage}.py")}
    idle = [
        dep
        for dep in map(Path, PIPELINE[stage]["deps"])
        if dep.parts[0] in ("core", "stages")
        and not any(dep == u or dep in u.parents for u in used)
    ]
    assert not idle


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_is_thin_and_opens_with_one_sentence(stage):
    text = (ROOT / f"stages/{stage}.py").read_text()
    assert len(text.splitlines()) <= 150
    assert ast.get_docstring(ast.parse(text)).startswith(f"{stage.capitalize()}: ")


def circles(files):
    """Groups of files that import each other in a circle, wherever in them the imports stand."""
    graph = {
        file: {
            found
            for module, name in taken(file)
            if (found := (name and file_of(f"{module}.{name}")) or file_of(module))
        }
        for file in files
    }
    reached = {file: _reached(graph, file) for file in graph}
    found = {
        tuple(sorted(other for other in reached[file] if file in reached.get(other, ())))
        for file in graph
    }
    return sorted(found - {()})


def _reached(graph, start):
    seen, queue = set(), [start]
    while queue:
        new = graph.get(queue.pop(), set()) - seen
        seen |= new
        queue += new
    return seen


def test_circles_are_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    room = tmp_path / "core" / "halflight"
    room.mkdir(parents=True)
    for name, text in {
        "__init__": "from halflight import a",
        "a": "from . import b\nfrom halflight.b import f",
        "b": "def f():\n    import halflight.c",
        "c": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import x",
        "d": "from halflight import a, e",
        "e": "from .d import x as y",
        "f": "from .a import x",
        "g/__init__": "from .h import x",
        "g/h": "from . import i, x",
        "g/i": "",
    }.items():
        (room / f"{name}.py").parent.mkdir(exist_ok=True)
        (room / f"{name}.py").write_text(text)
    files = [path.relative_to(tmp_path) for path in room.rglob("*.py")]
    assert [[path.stem for path in circle] for circle in circles(files)] == [
        ["a", "b", "c"],
        ["d", "e"],
        ["__init__", "h"],
    ]


def test_no_kernels_import_each_other_in_a_circle():
    kernels = [path for path in MODULES if path.parts[:3] == ("core", "halflight", "kernels")]
    assert circles(kernels) == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_file_says_what_it_is_and_stays_readable(path):
    text = (ROOT / path).read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 300
