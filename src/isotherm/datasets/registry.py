"""The datasets there are, by name, in the order they serve."""

from typing import Final

from isotherm.datasets.dataset import Dataset
from isotherm.datasets.facts import FACTS
from isotherm.datasets.ghcnh.dataset import GHCNH
from isotherm.datasets.global_hourly.dataset import GLOBAL_HOURLY
from isotherm.errors import SettingsError
from isotherm.settings import Settings

_BY_NAME: Final = {one.name: one for one in (GHCNH, GLOBAL_HOURLY)}
DATASETS: Final = tuple(_BY_NAME[one.name] for one in FACTS)


def configured(settings: Settings) -> tuple[Dataset, ...]:
    """The datasets as this installation reads them."""
    return tuple(one.checking(neighbours=settings.neighbour_check) for one in DATASETS)


def dataset_named(name: str) -> Dataset:
    """The dataset of this name.

    Raises:
        SettingsError: there is none.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise SettingsError(f"No dataset {name!r}. There are: {', '.join(_BY_NAME)}.") from None
