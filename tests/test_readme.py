"""What the README promises: its example runs, its files, commands and parameters exist."""

import re

import numpy as np
import yaml

from halflight.nn import presets


def test_the_network_example_runs(root):
    code = re.search(r"```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)[1]
    rng = np.random.default_rng(0)
    names = {
        "images": rng.normal(size=(4, 96, 96, 1)).astype(np.float32),
        "psfs": rng.normal(size=(4, 25, 25, 1)).astype(np.float32),
        "ln_radius": np.zeros(4, np.float32),
    }
    exec(compile(code.replace("epochs=10", "epochs=1"), "README.md", "exec"), names)
    assert names["model"].predict({"image": names["images"], "psf": names["psfs"]}).shape == (4, 2)


def test_the_transfer_example_runs(root, tmp_path, capsys):
    code = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)[1]
    network = presets.build("radius_net", image_shape=(24, 24, 1), psf_shape=(9, 9, 1))
    network.save(tmp_path)
    names = {}
    folder = r"data/[a-z_/]+?(?=\"|/\w+\.safetensors)"
    code = re.sub(folder, str(tmp_path), code)
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
        r"`((?:radius|survey|simulate|prepare|train|finetune)\.[a-z_.*]+)`",
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
