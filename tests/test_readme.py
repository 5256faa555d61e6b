"""What the README promises: its example runs, its files, commands and parameters exist."""

import importlib.util
import itertools
import re
import shlex
import tomllib

import numpy as np
import pytest
import yaml

from halflight import command, paths
from halflight.nn import presets


def example(root, words):
    """The one example in Python that holds these words."""
    blocks = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    [code] = [block for block in blocks if words in block]
    return code


def test_the_estimator_example_runs(root, tmp_path, tiny_estimator):
    code = example(root, "Measurer.load")
    tiny_estimator.save(tmp_path / "estimator")
    rng = np.random.default_rng(0)
    names = {
        "image": rng.normal(size=(2, 16, 16)),
        "sigma": np.ones((2, 16, 16)),
        "psf": np.full((2, 9, 9), 1 / 81),
    }
    code = code.replace("data/radius/estimator", str(tmp_path / "estimator"))
    exec(compile(code, "README.md", "exec"), names)
    assert len(names["table"]) == 2
    assert {"ln_radius", "ln_radius_sigma", "half_light_radius", "flags"} <= set(names["table"])


def test_the_network_example_runs(root):
    code = example(root, "gaussian_nll")
    rng = np.random.default_rng(0)
    names = {
        "images": rng.normal(size=(4, 96, 96, 1)).astype(np.float32),
        "psfs": rng.normal(size=(4, 25, 25, 1)).astype(np.float32),
        "ln_radius": np.zeros(4, np.float32),
    }
    exec(compile(code.replace("epochs=10", "epochs=1"), "README.md", "exec"), names)
    assert names["model"].predict({"image": names["images"], "psf": names["psfs"]}).shape == (4, 2)


def test_the_transfer_example_runs(root, tmp_path, capsys):
    code = example(root, "replace_head")
    code = code.replace("data/radius/trained/estimator/network", str(tmp_path))
    network = presets.build("radius_net", image_shape=(24, 24, 1), psf_shape=(9, 9, 1))
    network.save(tmp_path)
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["star_galaxy"].output_shape == (1,)
    assert not names["star_galaxy"].get_layer("trunk_1a_conv").trainable
    assert "2 in the file alone, not loaded: head/bias, head/kernel" in capsys.readouterr().out


def test_every_file_it_links_to_is_there(root):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (root / "README.md").read_text())
    assert links
    assert [link for link in links if not (root / link).exists()] == []


def test_its_two_commands_are_the_first_thing_it_says_to_do(root):
    block = re.search(r"```sh\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)[1]
    targets = re.findall(r"^make (\w+)", block, re.MULTILINE)
    assert targets == ["repro", "test"]
    makefile = (root / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_every_parameter_it_names_exists(root):
    tree = yaml.safe_load((root / "params.yaml").read_text())
    named = re.findall(
        r"`((?:survey|radius|sandbox|report)\.[a-z_.*]+)`",
        (root / "README.md").read_text(),
    )
    assert named
    for name in named:
        node = tree
        for key in name.split("."):
            if key == "*":
                node = next(iter(node.values()))
            else:
                assert key in node, name
                node = node[key]


CODE = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)


@pytest.fixture(scope="module")
def words(root):
    """The words of every line of shell that README offers, in blocks or within sentences."""
    blocks = [a or b for a, b in CODE.findall((root / "README.md").read_text())]
    lines = [part for block in blocks for line in block.splitlines() for part in line.split("&&")]
    return [split for line in lines if (split := shell_words(line))]


def shell_words(line):
    """The words of a command without settings before it; none of what is no shell."""
    try:
        found = shlex.split(line, comments=True)
    except ValueError:  # a word in quotes, not a command
        return []
    while found and re.match(r"[A-Z_]+=", found[0]):
        found.pop(0)
    return found


def following(words, *start):
    """The words after each command that starts so."""
    found = [line[len(start) :] for line in words if tuple(line[: len(start)]) == start]
    assert found, start
    return found


def test_every_target_of_make_exists(root, words):
    makefile = (root / "Makefile").read_text()
    for [target, *_] in following(words, "make"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_installation_is_from_this_checkout_and_every_extra_exists(root, words):
    """The name on PyPI is somebody else's."""
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    for [wanted, *others] in following(words, "pip", "install"):
        assert not others
        form = re.fullmatch(r"\.(?:\[(\w+)\])?", wanted)
        assert form, wanted
        assert form[1] is None or form[1] in extras["optional-dependencies"], wanted
    assert not re.search(r"pip install ['\"]?halflight", (root / "README.md").read_text())


def test_every_command_and_option_of_halflight_exists(words, monkeypatch, capsys):
    for line in filter(None, following(words, "halflight")):
        monkeypatch.setattr("sys.argv", ["halflight", line[0], "--help"])
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert ended.value.code == 0, line
        known = capsys.readouterr().out
        assert all(word.split("=")[0] in known for word in line if word.startswith("-")), line


def test_every_module_that_it_runs_exists(words):
    for [module, *_] in following(words, "python", "-m"):
        assert importlib.util.find_spec(module), module


def test_every_marker_of_the_tests_exists(root, words):
    options = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    known = {marker.split(":")[0] for marker in options["markers"]}
    for [option, marker, *_] in (line for line in following(words, "pytest") if line):
        assert option == "-m"
        assert marker in known


def test_every_stage_that_it_runs_exists(root, words):
    stages = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    for line in following(words, "dvc", "repro"):
        for word in (word for word in line if not word.startswith("-")):
            if word.endswith("dvc.yaml"):
                assert (root / word).is_file(), word
                continue
            stage, _, task = word.partition("@")
            assert stage in stages, word
            assert not task or task in stages[stage]["matrix"]["task"], word


def test_every_parameter_that_an_experiment_sets_exists(root, words):
    tree = yaml.safe_load((root / "params.yaml").read_text())
    settings = [
        word.partition("=")[0]
        for line in following(words, "dvc", "exp", "run")
        for option, word in itertools.pairwise(line)
        if option == "-S"
    ]
    assert settings
    for setting in settings:
        node = tree
        *parents, last = setting.split(".")
        for key in parents:
            node = node[key]
        # An option of the preset need not stand there.
        assert last in node or parents[-1] == "model", setting


def test_every_variable_of_the_environment_is_read_somewhere(root):
    named = set(re.findall(r"\bHALFLIGHT_[A-Z_]+", (root / "README.md").read_text()))
    assert named
    code = "".join(
        path.read_text()
        for room in ("core", "stages", "tests")
        for path in (root / room).rglob("*.py")
    )
    assert {name for name in named if name not in code} == set()


def test_every_path_that_it_names_is_one_of_the_pipeline_or_the_checkout(root, words):
    """What a run makes need not be there yet, but is written by some stage."""
    stages = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    text = "".join(str(stage) for stage in stages.values()).replace("${item.task}", "radius")
    inline = re.findall(
        r"`((?:core|data|reports|stages|tests)/[\w./]+)`", (root / "README.md").read_text()
    )
    within = [word for line in words for word in line if re.match(r"(data|reports)/radius?", word)]
    assert inline
    assert within
    written = {"data/TASK/", paths.RUN_PAGE.as_posix()}  # beside all outputs, or of any task
    for name in {*inline, *within} - written:
        top = "/".join(name.split("/")[:3])
        assert (root / name).exists() or top in text or name.rstrip("/") in text, name
    assert paths.PAGE.as_posix() in inline


def test_every_name_in_the_picture_of_the_architecture_exists(root):
    text = (root / "README.md").read_text()
    [block] = re.findall(r"```\n(dvc\.yaml .*?)```", text, re.DOTALL)
    for line in block.splitlines():
        found = re.match(r"(  )?(\S+)\s", line)
        if found:
            name = f"core/halflight/{found[2]}" if found[1] else found[2]
            assert (root / name).exists(), name
        for file in re.findall(r"\s(\w+\.py)  ", line[14:]):
            assert (root / "core/halflight" / file).exists(), file
