"""Shapes of regression losses: n rows of t values, a loss and a weight for each row."""

ROWS = {"loss": "n", "dprediction": "n t", "prediction": "n t", "target": "n t", "weight": "n"}

SHAPES = {
    "mean_squared_error": ROWS,
    "mean_absolute_error": ROWS,
    "mean_absolute_percentage_error": ROWS,
    "mean_squared_logarithmic_error": ROWS,
    "huber": ROWS,
    "log_cosh": ROWS,
    "cosine_similarity": ROWS,
}
