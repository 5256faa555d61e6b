"""star_galaxy: whether an object is a star or a galaxy, as a probability, from up to five bands."""

from halflight.tasks.classification import Classification

TASK = Classification(
    name="star_galaxy",
    title="Stars and galaxies",
    positive="star",
    negative="galaxy",
    label="is_star",
    probability="star_probability",
    classical=("cut", "spread", "forest", "svm"),
    figures=(
        "reliability",
        "roc",
        "completeness_and_purity",
        "hardest",
        "activations",
    ),
)
