"""The study's own file of parameters: as it is committed, and what it refuses."""

import pytest
import yaml

from halflight.params import ParamsError, load, load_own_images


def test_the_committed_file_is_one_whose_galaxies_nothing_else_has(root):
    study = load_own_images(root / "reports/own_images/study.yaml")
    radius = load(root / "params.yaml").radius
    sections = (study.injected, study.spoilt, study.beside, study.varied)
    ranges = [(each.first, each.count) for each in sections]
    tiers = [*radius.simulate.tiers.values(), *radius.tiers.kinds.values(), radius.injected]
    tiers.append(radius.transfer.injected)
    ranges += [(each.first, each.count) for each in tiers]
    ranges += [
        (tier["first"], tier["count"])
        for kind in radius.trainings.kinds.values()
        for tier in kind.simulate.get("tiers", {}).values()
    ]
    for number, (first, count) in enumerate(ranges[: len(sections)]):
        for other, length in ranges[:number] + ranges[number + 1 :]:
            assert first + count <= other or other + length <= first


@pytest.mark.parametrize(
    ("section", "name", "value", "says"),
    [
        ("injected", "window", 255, "injected.window.*even"),
        ("spoilt", "band", "y", "spoilt.band"),
        ("beside", "stamps", 3, "beside.stamps: there is no such parameter"),
        ("injected", "separation", 0.0, "injected.separation.*greater than 0"),
        ("varied", "cameras", {}, "varied.cameras"),
        ("varied", "psfs", {"gaussian": 1.0}, "varied.psfs"),
    ],
)
def test_a_wrong_value_is_named(root, tmp_path, section, name, value, says):
    study = yaml.safe_load((root / "reports/own_images/study.yaml").read_text())
    study[section][name] = value
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(study))
    with pytest.raises(ParamsError, match=says):
        load_own_images(path)
