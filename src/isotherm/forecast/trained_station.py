"""All that is kept of a trained station, and its form as bytes: what is read is what was written.

Of a symmetric matrix of sums the upper half is kept. Nothing is pickled: arrays and names only.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from isotherm.errors import IsothermError
from isotherm.forecast.baselines import Climatology, Damping
from isotherm.forecast.choice import Choice
from isotherm.forecast.hours import Floats
from isotherm.forecast.model import StationModel, Variant
from isotherm.forecast.origins import Columns
from isotherm.forecast.ridge import Coefficients
from isotherm.forecast.station_sums import StationSums
from isotherm.forecast.sums import NormalSums
from isotherm.forecast.training import Trained
from isotherm.forecast.trees import Trees

_FORMAT: Final = 2
_META: Final = "meta"
_TREES: Final = "trees"
_PARTS: Final = ("near", "far")
_UNREADABLE: Final = (
    OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error
)  # fmt: skip

Arrays = Mapping[str, Any]


class UnreadableModelError(IsothermError):
    """The bytes are no trained station of this code."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Half of the 80 % interval at each of k leads, in degrees Celsius; NaN where too little is known.

    Attributes:
        model_c: (k,), of what the model says, whatever it falls back on.
        damped14_c: (k,), of the damped anomaly, for a station whose model is not used.
    """

    model_c: Floats
    damped14_c: Floats

    @classmethod
    def unknown(cls, leads: int) -> "Widths":
        """Before anything is known."""
        return cls(*(np.full(leads, np.nan) for _ in range(2)))


@dataclass(frozen=True, slots=True)
class TrainedStation:
    """A station as training left it.

    Attributes:
        station_id: whose.
        until_hour: nothing from this hour on was looked at; since 1970.
        near: leads to a day. Both have the same choice and columns.
        far: leads beyond.
        widths: of near and far leads, one after the other.
        trees: of the near leads, where the choice uses them.
    """

    station_id: str
    until_hour: int
    near: Trained
    far: Trained
    widths: Widths
    trees: Trees | None = None

    @property
    def leads_h(self) -> tuple[int, ...]:
        """All leads."""
        return self.near.model.leads_h + self.far.model.leads_h

    def to_bytes(self) -> bytes:
        """To be kept."""
        choice, columns = self.near.choice, self.near.columns
        meta = {
            "format": _FORMAT,
            "station_id": self.station_id,
            "until_hour": self.until_hour,
            "choice": _said(choice),
            "columns": asdict(columns),
            "leads_h": [getattr(self, part).model.leads_h for part in _PARTS],
            "covers_year": [getattr(self, part).model.climatology.covers_year for part in _PARTS],
            "row_counts": [_row_counts(getattr(self, part).model) for part in _PARTS],
        }
        arrays = {_META: np.frombuffer(json.dumps(meta).encode(), np.uint8), **asdict(self.widths)}
        for part in _PARTS:
            arrays |= {f"{part}_{key}": one for key, one in _arrays_of(getattr(self, part)).items()}
        if self.trees is not None:
            arrays[_TREES] = np.frombuffer(zlib.compress(self.trees.text.encode()), np.uint8)
        file = io.BytesIO()
        np.savez(file, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "TrainedStation":
        """What was kept.

        Raises:
            UnreadableModelError: it was written by other code, or is damaged.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return _read(arrays)
        except _UNREADABLE as error:
            raise UnreadableModelError(
                f"A stored model cannot be read ({str(error)[:200]}): train anew."
            ) from error


def _read(arrays: Arrays) -> TrainedStation:
    meta = json.loads(arrays[_META].tobytes())
    if meta["format"] != _FORMAT:
        raise ValueError(f"format {meta['format']}, this code reads {_FORMAT}")
    said = meta["choice"]
    choice = Choice(Variant(**said["variant"]), tuple(said["neighbours"]), said["trial_mae_c"])
    columns = Columns(*(tuple(meta["columns"][name]) for name in ("names", "groups", "neighbours")))
    parts = []
    for place, part in enumerate(_PARTS):
        sums = _sums(arrays, part)
        own, neighbours = (
            None if count is None else Coefficients(arrays[f"{part}_{name}"], count)
            for name, count in zip(("own", "neighbours"), meta["row_counts"][place], strict=True)
        )
        climatology = Climatology(arrays[f"{part}_climatology"], meta["covers_year"][place])
        leads = tuple(meta["leads_h"][place])
        model = StationModel(leads, own, neighbours, arrays[f"{part}_left"], climatology)
        parts.append(Trained(choice, columns, sums, model))
    widths = Widths(arrays["model_c"], arrays["damped14_c"])
    trees = None
    if _TREES in arrays:
        text = zlib.decompress(arrays[_TREES].tobytes()).decode()
        trees = Trees(parts[0].model.leads_h, columns, choice.variant, text)
    return TrainedStation(meta["station_id"], meta["until_hour"], parts[0], parts[1], widths, trees)


def _said(choice: Choice) -> dict[str, Any]:
    """A choice without trees is written as it was before there were any."""
    said = asdict(choice)
    if not choice.variant.uses_trees:
        del said["variant"]["uses_trees"]
    return said


def _row_counts(model: StationModel) -> list[int | None]:
    return [None if one is None else one.row_count for one in (model.own, model.neighbours)]


def _arrays_of(trained: Trained) -> dict[str, Floats]:
    sums, model = trained.sums, trained.model
    arrays = {"left": model.left, "climatology": model.climatology.weights}
    for name, one in (("by_part", sums.by_part), ("climate", sums.climate)):
        upper = one.gram[(..., *np.triu_indices(one.gram.shape[-1]))]
        arrays |= {f"{name}_gram": upper, f"{name}_cross": one.cross, f"{name}_square": one.square}
    damping = sums.damping
    arrays["damping"] = np.stack([damping.product, damping.square, damping.count])
    for name, coefficients in (("own", model.own), ("neighbours", model.neighbours)):
        if coefficients is not None:
            arrays[name] = coefficients.weights
    return arrays


def _sums(arrays: Arrays, part: str) -> StationSums:
    by_part, climate = (_normal_sums(arrays, f"{part}_{name}") for name in ("by_part", "climate"))
    return StationSums(by_part, Damping(*arrays[f"{part}_damping"]), climate)


def _normal_sums(arrays: Arrays, name: str) -> NormalSums:
    cross = arrays[f"{name}_cross"]
    width = cross.shape[-2]
    gram = np.zeros((*cross.shape[:-1], width))
    row, column = np.triu_indices(width)
    gram[..., row, column] = gram[..., column, row] = arrays[f"{name}_gram"]
    return NormalSums(gram, cross, arrays[f"{name}_square"])
