"""What can go wrong with a network. Every message is one sentence for the user: which file or
device, what was expected, what was found. `app` shows them as it shows `evoke.errors`."""


class ModelError(Exception):
    """Base of this package's errors."""


class CheckpointError(ModelError):
    """A checkpoint is missing, damaged, hostile, or not of the shape its card claims."""


class DeviceError(ModelError):
    """The device that was asked for is not here."""


def first_line(error: Exception) -> str:
    """Of what it says: those of CUDA go on for many."""
    return str(error).strip().partition("\n")[0]
