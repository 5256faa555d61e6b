"""Callbacks: what happens around the epochs and steps of a training."""

from core.nn.callbacks.backup_and_restore import BackupAndRestore
from core.nn.callbacks.callback import Callback
from core.nn.callbacks.csv_logger import CSVLogger
from core.nn.callbacks.dvclive_logger import DVCLiveLogger
from core.nn.callbacks.early_stopping import EarlyStopping
from core.nn.callbacks.lambda_callback import LambdaCallback
from core.nn.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from core.nn.callbacks.model_checkpoint import ModelCheckpoint
from core.nn.callbacks.progress import ProgressLogger
from core.nn.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "DVCLiveLogger",
    "EarlyStopping",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgressLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
