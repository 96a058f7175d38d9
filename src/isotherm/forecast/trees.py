"""Boosted trees beside the ridge: a second opinion on the next day, for a station that gains by it.

One booster serves all near leads: the lead is a column, and of the past so many pairs of origin and
lead are drawn, evenly over time, hours and leads. So a station costs the same, one year or ten.
LightGBM is no package of every installation: it is imported here alone, when first asked for.
"""

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from isotherm.errors import IsothermError
from isotherm.forecast.hours import DAY, Floats
from isotherm.forecast.model import LEAST_ROWS, Forecasts, Method, Variant
from isotherm.forecast.origins import Columns, Origins

# A back-test grows them anew so often; that of a training, of 47 days, once.
REGROWN_H: Final = 7 * 7 * DAY
_DRAWN: Final = 20_000
_TREE_COUNT: Final = 150
# One thread: several wait for each other at every split. With a seed and one order of sums the same
# rows give the same trees.
_PARAMETERS: Final = {
    "objective": "l2",
    "num_leaves": 31,
    "learning_rate": 0.08,
    # Leads of one origin are much alike: what fewer say together is chance.
    "min_data_in_leaf": 200,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}
# Multiples of it are spread evenly over a circle, whatever their number.
_GOLDEN: Final = (5**0.5 - 1) / 2
_SUN: Final = frozenset({"sun"})


class TreesUnavailableError(IsothermError):
    """LightGBM cannot be loaded here."""


def use_packages(folder: Path) -> None:
    """Look for LightGBM in a folder, too, after all others."""
    if folder.is_dir() and str(folder) not in sys.path:
        sys.path.append(str(folder))


def why_unavailable() -> str | None:
    """Why there can be no trees here, and what to do; None where there can."""
    try:
        _lightgbm()
    except TreesUnavailableError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class Trees:
    """A booster of all near leads.

    Attributes:
        leads_h: (k,).
        columns: of the rows.
        variant: which of them it was grown on; with neighbours it is asked where they are heard.
        text: the booster as LightGBM writes it.
    """

    leads_h: tuple[int, ...]
    columns: Columns
    variant: Variant
    text: str

    @classmethod
    def grow(
        cls, origins: Origins, columns: Columns, variant: Variant, leads_h: tuple[int, ...]
    ) -> "Trees | None":
        """Grow them on origins whose leads have come; None of too few.

        Raises:
            TreesUnavailableError: LightGBM cannot be loaded.
        """
        lightgbm = _lightgbm()
        whole = origins.can_use_rows & ~np.isnan(origins.targets).any(axis=1)
        known = np.flatnonzero(whole)
        if len(known) < LEAST_ROWS:
            return None
        place, lead = _drawn(known, len(leads_h))
        rows = cls(leads_h, columns, variant, "")._rows(origins, place, lead)
        data = lightgbm.Dataset(rows, origins.targets[place, lead])
        booster = lightgbm.train(_PARAMETERS, data, _TREE_COUNT)
        return cls(leads_h, columns, variant, str(booster.model_to_string()))

    def blended(self, forecasts: Forecasts, origins: Origins) -> Forecasts:
        """The mean of what a ridge on the same columns says and what the trees say.

        Where the ridge of these columns does not speak, all stays as it is.

        Raises:
            TreesUnavailableError: LightGBM cannot be loaded.
        """
        ridge = Method.NEIGHBOURS if self.variant.uses_neighbours else Method.OWN
        speaks = (forecasts.method == ridge).all(axis=1)
        temperature, method = forecasts.temperature_c.copy(), forecasts.method.copy()
        if speaks.any():
            its = origins.temperature_c[speaks, None] + self._change(origins.take(speaks))
            temperature[speaks] = (temperature[speaks] + its) / 2
            method[speaks] = Method.BLEND
        return Forecasts(temperature, method)

    def _change(self, origins: Origins) -> Floats:
        """(n, k): the change of temperature to each lead."""
        booster = _booster(self.text)
        place = np.arange(len(origins.hour))
        change = np.empty((len(place), len(self.leads_h)))
        for one in range(len(self.leads_h)):
            rows = self._rows(origins, place, np.full_like(place, one))
            change[:, one] = booster.predict(rows, num_threads=1)
        return change

    def _rows(
        self, origins: Origins, place: npt.NDArray[np.intp], lead: npt.NDArray[np.intp]
    ) -> Floats:
        """Features of pairs of origin and lead: the row, the lead, what is usual at the hour ahead."""
        hours = np.array(self.leads_h)[lead]
        usual = origins.usual_ahead_c[place, lead] - origins.temperature_c[place]
        sun = _sun_ahead(origins.rows[place][:, self.columns.of_groups(_SUN)], hours)
        own = origins.rows[np.ix_(place, self.columns.of_groups(self.variant.groups))]
        return np.column_stack([own, hours, usual, (origins.hour[place] + hours) % DAY, sun])


class TreesInTurn:
    """The trees of a back-test, grown anew on what lay before."""

    def __init__(
        self, origins: Origins, columns: Columns, variant: Variant, leads_h: tuple[int, ...]
    ) -> None:
        """Nothing is grown yet, and nothing will be where the variant uses none."""
        self._grown_from = (origins, columns, variant, leads_h)
        self._hour: int | None = None
        self._trees: Trees | None = None

    def at(self, hour: int) -> Trees | None:
        """Those for forecasts from an hour on; hours ascend.

        Raises:
            TreesUnavailableError: LightGBM cannot be loaded.
        """
        origins, columns, variant, leads_h = self._grown_from
        if not variant.uses_trees:
            return None
        if self._hour is None or hour - self._hour >= REGROWN_H:
            past = origins.take(origins.hour + leads_h[-1] < hour)
            self._hour, self._trees = hour, Trees.grow(past, columns, variant, leads_h)
        return self._trees


def _drawn(
    known: npt.NDArray[np.intp], leads: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Places of origins and of leads, in pairs: several leads of few origins, one of some of many."""
    if len(known) > _DRAWN:
        known = known[np.linspace(0, len(known) - 1, _DRAWN).astype(np.intp)]
    each = min(leads, max(1, round(_DRAWN / len(known))))
    turn = np.arange(len(known))[:, None] * _GOLDEN + np.arange(each) / each
    return np.repeat(known, each), (turn % 1.0 * leads).astype(np.intp).ravel()


def _sun_ahead(heights: Floats, hours: npt.NDArray[np.int64]) -> Floats:
    """The sun's height so many hours ahead, on the line between those of the rows."""
    times = heights.shape[1]
    turn = hours % DAY * times / DAY
    low = turn.astype(np.intp)
    pair = np.arange(len(hours))
    share = turn - low
    height: Floats = heights[pair, low] * (1 - share) + heights[pair, (low + 1) % times] * share
    return height


def _lightgbm() -> Any:  # noqa: ANN401 - a module without types
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise TreesUnavailableError(_advice(str(error))) from error
    return lightgbm


def _advice(cause: str) -> str:
    if "libgomp" in cause:
        return (
            f"LightGBM cannot be loaded: {cause}. Debian and Ubuntu: apt install libgomp1; Fedora: dnf "
            "install libgomp."
        )
    return (
        f"LightGBM cannot be loaded: {cause}. ./isotherm up fetches it where ISOTHERM_FORECAST_TREES "
        "is true; a worker of a cluster needs the packages of requirements-trees-*.lock."
    )


@lru_cache(maxsize=4)
def _booster(text: str) -> Any:  # noqa: ANN401 - a class without types
    return _lightgbm().Booster(model_str=text)
