"""Capacity: networks too small, about right and too large for a noisy sine (synthetic data)."""

import numpy as np
import pandas as pd

from halflight import files, nn, params, paths
from halflight.nn import layers
from halflight.report.figures import capacity
from halflight.report.saving import save_png
from stages import run

# Inputs lie within this of zero: two periods of the sine.
HALF_WIDTH = np.pi


def main() -> None:
    """Write the learning curves of every network, and what it learnt, to reports/capacity."""
    settings = params.read("capacity")
    rng = np.random.Generator(np.random.Philox(key=[settings.seed, 0]))
    train = samples(settings.samples, settings.noise, rng)
    validation = nn.ArraySource(
        *samples(settings.validation_samples, settings.noise, rng),
        batch_size=settings.validation_samples,
        shuffle=False,
    )
    grid = np.linspace(-HALF_WIDTH, HALF_WIDTH, 201)

    histories, curves = [], [pd.DataFrame({"x": grid, "y": truth(grid), "network": "truth"})]
    for name, units in settings.networks.items():
        model = nn.Sequential(
            [nn.Input((1,)), *(layers.Dense(n, "tanh") for n in units), layers.Dense(1)],
            seed=settings.seed,
        )
        model.compile(nn.optimizers.Adam(settings.learning_rate), "mean_squared_error")
        print(f"{name}: {model.count_params()} parameters, {settings.epochs} epochs", flush=True)
        record = model.fit(
            *train,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            validation_data=validation,
            verbose=0,
            seed=settings.seed,
        )
        columns = pd.DataFrame(list(record))[["epoch", "loss", "val_loss"]]
        histories.append(columns.assign(network=name, parameters=model.count_params()))
        fitted = model.predict(grid[:, np.newaxis])[:, 0]
        curves.append(pd.DataFrame({"x": grid, "y": fitted, "network": name}))

    history = pd.concat(histories, ignore_index=True)
    files.write_csv(paths.CAPACITY_HISTORY, history)
    figure = capacity.draw(history, pd.concat(curves, ignore_index=True), train)
    save_png(figure, paths.CAPACITY_FIGURE)
    print(f"learning curves: open {paths.CAPACITY_FIGURE}")


def truth(x: np.ndarray) -> np.ndarray:
    """A sine of amplitude 1 and period pi."""
    return np.sin(2 * x)


def samples(count: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (count, 1), uniform on both sides of 0, and targets (count,) with Gaussian noise."""
    x = rng.uniform(-HALF_WIDTH, HALF_WIDTH, (count, 1))
    return x, truth(x[:, 0]) + noise * rng.standard_normal(count)


if __name__ == "__main__":
    run(main, ValueError)
