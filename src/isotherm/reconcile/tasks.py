"""What the DAG's tasks do."""

from isotherm.reconcile.place import LanePlace
from isotherm.settings import load_settings


def clear_lane() -> None:
    """Remove what the lane wrote, whatever became of the run.

    Raises:
        LockedError: a reconciliation is still running.
        StoreError: a store does not answer.
    """
    place = LanePlace(load_settings())
    with place.held():
        place.remove()
