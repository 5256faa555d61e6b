"""Listings in the manner of Keras's documentation, run as they stand but for their imports."""

import pytest

SEQUENTIAL = """
import keras
from keras import layers
from keras.models import Sequential

model = keras.Sequential([
    layers.Dense(64, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train_images, train_labels, epochs=5, batch_size=64)
test_loss, test_acc = model.evaluate(test_images, test_labels)
print(f"accuracy: {test_acc:.3f}")
predictions = model.predict(test_images[:10])
assert predictions[0].argmax() == test_labels[0]
"""

CONVOLUTIONAL = """
import keras
from keras import layers

x_train = train_images.reshape((-1, 8, 8, 1)).astype("float32")
x_test = test_images.reshape((-1, 8, 8, 1)).astype("float32")
y_train = keras.utils.to_categorical(train_labels, 10)
y_test = keras.utils.to_categorical(test_labels, 10)

model = keras.Sequential()
model.add(layers.Conv2D(16, kernel_size=(3, 3), activation="relu", input_shape=(8, 8, 1)))
model.add(layers.MaxPooling2D(pool_size=(2, 2)))
model.add(layers.Flatten())
model.add(layers.Dropout(0.2))
model.add(layers.Dense(10, activation="softmax"))
model.summary()
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=32, epochs=5, validation_split=0.1, verbose=2)
assert len(history.history["val_accuracy"]) == len(history.epoch) == 5
score = model.evaluate(x_test, y_test, verbose=0)
print("test loss:", score[0])
print(f"accuracy: {score[1]:.3f}")
"""

FUNCTIONAL = """
import keras
from keras import layers

inputs = keras.Input(shape=(64,), name="digits")
x = layers.Dense(64, activation="relu", name="dense_1")(inputs)
x = layers.Dense(64, activation="relu", name="dense_2")(x)
outputs = layers.Dense(10, name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs, name="digits_model")
model.summary()
keras.utils.plot_model(model, "model.svg", show_shapes=True)
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
history = model.fit(
    train_images, train_labels, batch_size=64, epochs=5,
    validation_data=(test_images, test_labels),
)
test_scores = model.evaluate(test_images, test_labels, verbose=2)
print(f"accuracy: {test_scores[1]:.3f}")
model.save("digits.keras")
del model
model = keras.models.load_model("digits.keras")
assert model.predict(test_images[:2], verbose=0).shape == (2, 10)
"""


@pytest.fixture(scope="module")
def digits():
    """Digits of 8 x 8 pixels, and their labels."""
    found = pytest.importorskip("sklearn.datasets").load_digits()
    images, labels = (found.data / 16.0).astype("float32"), found.target
    return {
        "train_images": images[:1400],
        "train_labels": labels[:1400],
        "test_images": images[1400:],
        "test_labels": labels[1400:],
    }


@pytest.mark.parametrize("listing", [SEQUENTIAL, CONVOLUTIONAL, FUNCTIONAL])
def test_it_runs_with_the_import_alone_changed(listing, digits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    changed = listing.replace("import keras\n", "import halflight.nn as keras\n")
    exec(changed.replace("from keras", "from halflight.nn"), dict(digits))
    out, err = capsys.readouterr()
    assert float(out.rpartition("accuracy: ")[2]) >= 0.7  # by other hands than those of training
    assert err.count("epoch ") >= 5  # progress, by default
