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


def imports(path):
    """Every module a file imports, absolute, with the names taken from it."""
    package = path.parent.as_posix().removeprefix("core/").replace("/", ".")
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            base = ".".join(filter(None, [parent if node.level else "", node.module]))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


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


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_file_says_what_it_is_and_stays_readable(path):
    text = (ROOT / path).read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 300


def circles(modules):
    """The groups of modules that import each other around a circle, of `modules` (name -> file).

    Every import counts, those for types alone and those inside functions too. A name that is taken
    from a package counts as an import of the package, of a module in it as one of both; that
    importing a.b.c runs a and a.b first does not count, as no module can help it.
    """
    edges = {name: set() for name in modules}
    for name, path in modules.items():
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Import):
                edges[name] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                edges[name] |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        edges[name] &= modules.keys() - {name}
    return strongly_connected(edges)


def strongly_connected(edges):
    """The groups of two or more nodes that reach each other, found by Kosaraju's two walks."""

    def walk(start, steps, seen):
        stack, done = [(start, iter(steps[start]))], []
        seen.add(start)
        while stack:
            node, rest = stack[-1]
            following = next((n for n in rest if n not in seen), None)
            if following is None:
                done.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(steps[following])))
        return done

    backwards = {node: [n for n, ends in edges.items() if node in ends] for node in edges}
    seen, order = set(), []
    for node in edges:
        if node not in seen:
            order += walk(node, edges, seen)
    seen, groups = set(), []
    for node in reversed(order):
        if node not in seen:
            groups.append(sorted(walk(node, backwards, seen)))
    return [group for group in groups if len(group) > 1]


def test_circles_are_found():
    edges = {"a": "b", "b": "c", "c": "bd", "d": "e", "e": "f", "f": "d", "g": "a"}
    assert sorted(strongly_connected(edges)) == [["b", "c"], ["d", "e", "f"]]
    assert strongly_connected({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_module_imports_itself_around_a_circle():
    modules = {
        ".".join(path.relative_to("core").with_suffix("").parts).removesuffix(".__init__"): path
        for path in MODULES
        if path.parts[0] == "core" and path.parts[2] != "kernels"
    }
    assert circles(modules) == []
