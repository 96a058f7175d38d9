"""The tree of errors. A message says what failed, on which input, and what to do next.

    IsothermError
    ├── SettingsError        a setting is missing, malformed or contradicts the state folder
    │   └── ChoiceError          a word of a choice of stations cannot be read
    ├── SourceError          NOAA's archive could not be read, or what came is not what NOAA publishes
    │   └── CoverageShrunkError   a newer file covers less than the one we have
    ├── MessageFormatError   a Kafka or socket message does not follow its contract
    ├── StoreError           HDFS, Kafka or MySQL refused or lost something
    │   ├── FencedError      another sink instance has taken over these offsets
    │   ├── RefusedError     it refuses this for ever: to try again would not help
    │   └── DamagedBucketError    a table's file on HDFS cannot be read; it is made again from raw files
    ├── BackupError          a back-up is not whole, damaged or of a newer version, or has no place
    ├── SetupError           a tool could not be fetched, checked or built
    ├── ServerStartError     a local server did not start, or its port or disk is not free
    └── LockedError          another process holds a lock that is held by one at a time

Bad *rows* are not errors: they are counted by reason (see `quality`).
"""


class IsothermError(Exception):
    """Base of every error Isotherm raises on purpose."""


class SettingsError(IsothermError):
    """A setting is missing, malformed, or contradicts the state folder."""


class ChoiceError(SettingsError):
    """A word of a choice of stations cannot be read; the same in forms, command line and API."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class SourceError(IsothermError):
    """The archive could not be read, or what it sent is not what NOAA publishes."""


class CoverageShrunkError(SourceError):
    """A newer file covers less than the older one; the older one stays."""


class MessageFormatError(IsothermError):
    """A message does not follow its contract."""


class StoreError(IsothermError):
    """HDFS, Kafka or MySQL refused or lost something."""


class FencedError(StoreError):
    """Another instance advanced the offsets: this one must stop."""


class RefusedError(StoreError):
    """A store refuses something for ever: to try it again would not help."""


class DamagedBucketError(StoreError):
    """A table's file on HDFS is none; it is to be made again from the raw files."""


class BackupError(IsothermError):
    """A back-up is not whole, damaged or of a newer version, or where it is to go is something."""


class SetupError(IsothermError):
    """A tool of the local set-up could not be fetched, checked or built."""


class ServerStartError(IsothermError):
    """A local server did not start, or its port or disk is not free."""


class LockedError(IsothermError):
    """Another process holds a lock that only one may hold."""


def reason_of(error: Exception, whose: str) -> str:
    """What a person is told of an error, whoever foresaw it: ours say all, others get a name.

    Args:
        error: whatever was raised.
        whose: the server or the step of set-up that failed.
    """
    if isinstance(error, IsothermError):
        return str(error)
    # Not `repr`: it leaves out the file that an error of the system is about.
    reason = f"{whose}: {type(error).__name__}: {error}"
    if isinstance(error, PermissionError):
        reason += ". Let this user read and write there, or run Isotherm as the user who may."
    return reason
