"""Networks in use: a checkpoint becomes a classifier on the best device of this computer.

The student on the CPU runs in NumPy, so that the application starts without importing torch.
torch is imported only for a GPU, or for a network other than the student.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.checkpoint import Checkpoint, load
from models.errors import DeviceError, first_line
from models.networks import input_shape
from models.numpy_student import NumpyStudent

if TYPE_CHECKING:
    from models.card import ModelCard
    from models.torch_runtime import CudaNetwork

log = logging.getLogger(__name__)

Device = Literal["auto", "cpu", "cuda"]

BUNDLED_STUDENT = Path(__file__).parent / "weights" / "student-demo.safetensors"


class Network(Protocol):
    """A network with its weights, on its device."""

    def forward(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Logits (n, 3) of standardised features (n, 4, 9, 9) or windows (n, 32, 128)."""


class NetworkClassifier:
    """Calibrated probabilities from one checkpoint. Used from one thread at a time.

    A GPU that fails while it is used, because it is taken away or its memory is full, costs no
    reading: the CPU goes on, and `device` says so.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: Network,
        device: str,
        spare: Callable[[], Network] | None = None,
    ) -> None:
        """spare: makes the network that goes on where this one fails."""
        self._network = network
        self._spare = spare
        self._shape = input_shape(checkpoint.card.network, checkpoint.card.config)
        self._mean = checkpoint.mean
        self._scale = 1 / checkpoint.std
        calibration = checkpoint.card.calibration
        self._slope = 1 / np.array(calibration.temperature, np.float32)
        self._bias = np.array(calibration.bias, np.float32)
        self.card: ModelCard = checkpoint.card
        self.name = checkpoint.card.name
        """Shown to the user, who may have given another."""
        self.fingerprint = checkpoint.fingerprint
        self.device = device
        """Shown to the user: 'CPU', or the GPU's name."""

    @property
    def synthetic(self) -> bool:
        """True if the network was trained on generated data."""
        return self.card.data.synthetic

    @property
    def features(self) -> str:
        """Name of the features it reads."""
        return str(self.card.inputs.features["name"])

    @property
    def feature_settings(self) -> Mapping[str, object]:
        """What the feature extractor must say of itself."""
        return self.card.inputs.features

    @property
    def electrodes(self) -> tuple[str, ...]:
        """Names in the order of the features."""
        return self.card.inputs.electrodes

    @property
    def baseline(self) -> str:
        """Mode of the rest baseline."""
        return self.card.inputs.baseline

    @property
    def chain(self) -> object:
        """What the filters must say of themselves."""
        return self.card.inputs.chain

    def logits(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Uncalibrated logits (n, 3) of features (n, 4, 9, 9) relative to rest, or of raw windows
        (n, 32, 128) where the network reads those."""
        grids = np.asarray(grid, np.float32)
        if grids.shape[1:] != self._shape:
            expected = ", ".join(str(size) for size in ("n", *self._shape))
            raise ValueError(f"Features must have the shape ({expected}), got {grids.shape}.")
        return self._forward((grids - self._mean) * self._scale)

    def _forward(self, grids: ArrayLike) -> NDArray[np.float32]:
        try:
            return self._network.forward(grids)
        except RuntimeError as error:  # out of memory, a lost device: torch has no finer class
            if self._spare is None:
                raise
            log.warning("%s failed, the CPU goes on: %s", self.device, first_line(error))
            self._network, self._spare, self.device = self._spare(), None, "CPU"
            return self._network.forward(grids)

    def classify(self, grid: ArrayLike) -> NDArray[np.float32]:
        """Calibrated P(high) of valence, arousal and dominance, (n, 3) float32, for what `logits`
        takes. Raises ValueError for another shape."""
        return self.calibrated(self.logits(grid))

    def calibrated(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated P(high), (n, 3), of logits (n, 3)."""
        return logistic(logits * self._slope + self._bias)


def logistic(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probabilities of logits, written so that none overflows."""
    return np.asarray(0.5 * np.tanh(0.5 * logits) + 0.5, np.float32)


def load_classifier(path: Path | None = None, device: Device = "auto") -> NetworkClassifier:
    """The checkpoint at `path`, or the bundled demo student, ready to classify.

    Raises CheckpointError if the file does not fit, DeviceError for 'cuda' where there is none.
    """
    return classifier_of(load(path or BUNDLED_STUDENT), device)


def classifier_of(checkpoint: Checkpoint, device: Device = "auto") -> NetworkClassifier:
    """A checkpoint at hand, ready to classify. Raises DeviceError for 'cuda' where no GPU works;
    'auto' goes on with the CPU then, and the log says why."""
    if device != "cpu":
        try:
            gpu = _cuda_network(checkpoint)
            spare = partial(_cpu_network, checkpoint)
            return NetworkClassifier(checkpoint, gpu, gpu.device_name, spare)
        except DeviceError as error:
            if device == "cuda":
                raise
            log.info("Reading on the CPU: %s", error)
    return NetworkClassifier(checkpoint, _cpu_network(checkpoint), "CPU")


def cuda_expected() -> bool:
    """Whether it is worth importing torch to look for a GPU: a driver is there, and torch is not
    the build without CUDA. Costs microseconds where the import costs seconds."""
    if "torch" in sys.modules:
        return sys.modules["torch"].version.cuda is not None and _driver_present()
    try:
        cpu_build = metadata.version("torch").endswith("+cpu")
    except metadata.PackageNotFoundError:
        return False
    return not cpu_build and _driver_present()


def _driver_present() -> bool:
    if sys.platform == "win32":
        windows = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"))
        return (windows / "System32" / "nvcuda.dll").exists()
    # /dev/dxg: the GPU of Windows as its Linux subsystem sees it
    return any(os.path.exists(p) for p in ("/dev/nvidiactl", "/proc/driver/nvidia", "/dev/dxg"))


def _cuda_network(checkpoint: Checkpoint) -> CudaNetwork:
    """Raises DeviceError if there is no GPU, or none that works."""
    if not cuda_expected():
        raise DeviceError("No NVIDIA GPU, or no torch built for one, is on this computer.")
    try:
        from models.torch_runtime import CudaNetwork, cuda_usable

        if not cuda_usable():
            raise DeviceError("There is an NVIDIA driver, but torch finds no GPU that it supports.")
        return CudaNetwork(checkpoint)
    # libraries of torch's that do not load; out of memory, a broken driver
    except (ImportError, OSError, RuntimeError) as error:
        raise DeviceError(f"The GPU could not be used: {first_line(error)}") from error


def _cpu_network(checkpoint: Checkpoint) -> Network:
    if checkpoint.card.network == "student":
        return NumpyStudent(checkpoint.weights)
    from models.torch_runtime import TorchNetwork

    return TorchNetwork(checkpoint)
