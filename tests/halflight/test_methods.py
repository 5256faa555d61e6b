"""The methods: told apart everywhere, and a reference never compared with itself."""

from halflight.methods import ARMS, METHODS, answer_of, comparable, in_order


def test_no_two_methods_look_alike_in_one_figure():
    looks = {(m.colour, m.marker) for m in METHODS.values() if m.name != "network"}
    assert len(looks) == len(METHODS) - 1  # "network" is "fine_tuned" where there is no survey
    assert len({m.title for m in METHODS.values()}) == len(METHODS)


def test_the_fit_that_makes_the_labels_is_not_compared_with_them():
    assert not comparable("scene_fit", "reference")
    assert comparable("scene_fit", "truth")
    assert all(comparable(arm, "reference") for arm in ARMS)


def test_names_come_in_the_order_of_the_tables_each_once():
    assert in_order(["aperture", "network", "aperture"]) == ["network", "aperture"]
    assert in_order([]) == []


def test_the_answer_is_the_joint_one_where_it_may_be_compared():
    survey = ["aperture", "scene_fit", "zero_shot", "fine_tuned", "combined"]
    assert answer_of(survey) == "combined"
    assert answer_of(survey, "reference") == "fine_tuned"  # half of the joint one is the reference
    assert answer_of(["network", "sersic_fit"]) == "network"
    assert answer_of(["sersic_fit"]) is None
