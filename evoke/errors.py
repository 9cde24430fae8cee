"""What can go wrong, in one small tree. Every message is one sentence for the user:
which file or device, what was expected, what was found."""


class EvokeError(Exception):
    """Base of all errors a user may meet; the command line exits with 2 on it."""


class FileRefusedError(EvokeError):
    """A file is missing, damaged, of the wrong shape, or tries to run code."""


class SourceError(EvokeError):
    """A source could not be opened, or vanished while it ran."""


class MontageError(EvokeError):
    """The channel names do not say where the electrodes are."""


class CheckpointError(EvokeError):
    """A checkpoint is damaged, or does not fit the running signal path."""


class SettingsError(EvokeError):
    """An option or a setting is out of its range."""


class TrainingError(EvokeError):
    """A training run cannot start or go on."""
