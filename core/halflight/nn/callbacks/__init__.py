"""Callbacks: what happens around the epochs and steps of a training."""

from halflight.nn.callbacks.backup_and_restore import BackupAndRestore
from halflight.nn.callbacks.callback import Callback
from halflight.nn.callbacks.csv_logger import CSVLogger
from halflight.nn.callbacks.dvclive_logger import DVCLiveLogger
from halflight.nn.callbacks.early_stopping import EarlyStopping
from halflight.nn.callbacks.lambda_callback import LambdaCallback
from halflight.nn.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from halflight.nn.callbacks.model_checkpoint import ModelCheckpoint
from halflight.nn.callbacks.progress import ProgressLogger
from halflight.nn.callbacks.swap_ema_weights import SwapEMAWeights
from halflight.nn.callbacks.terminate_on_nan import TerminateOnNaN
