"""Disorder put into a feed on purpose: what real sources do now and then, at chosen rates, from a seed.

It changes when and how often observations arrive, never what they come to: a feed with disorder gives
the hours of one without, and of the batch layer. The same seed and files give the same disorder, so an
interrupted feed goes on in it; what was put in is counted, so that an audit can expect it exactly.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any, Final, Self

import polars as pl

from isotherm.datasets.schema import POLARS_SCHEMA
from isotherm.errors import SettingsError
from isotherm.observation import REVISION_LINE_BITS

# When a row is handed over, in the data's time, and what is broken in it (null = nothing).
DUE_AT: Final = "due_at"
DAMAGE: Final = "damage"
FED_SCHEMA: Final = pl.Schema(
    {**POLARS_SCHEMA, DUE_AT: POLARS_SCHEMA["observed_at"], DAMAGE: pl.String()}
)

_HOUR_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _HOUR_US
_SHUFFLED_WITHIN_US: Final = 3 * _HOUR_US
_REPEATED_WITHIN_US: Final = _DAY_US
_DAY_OF_REVISION: Final = 86_400 << REVISION_LINE_BITS

# What makes a message none; each is one dead letter of the bridge.
DAMAGES: Final[Mapping[str, Callable[[dict[str, Any]], Any]]] = {
    "number as text": lambda one: one | {"air_temperature_tenths": "5"},
    "number beyond any column": lambda one: one | {"air_temperature_tenths": 2**70},
    "implausible temperature": lambda one: one | {"air_temperature_tenths": 20_000},
    "time that is none": lambda one: one | {"observed_at": "2014-13-41T25:61:00Z"},
    "time without a zone": lambda one: one | {"observed_at": "2014-01-01T00:00:00"},
    "time far ahead": lambda one: one | {"observed_at": "9998-12-31T23:00:00Z"},
    "station missing": lambda one: one | {"station_id": None},
    "station of odd letters": lambda one: one | {"station_id": "../../0000a"},
    "dataset nobody knows": lambda one: one | {"dataset": "rumours"},
    "NUL in a text": lambda one: one | {"source": "a\0"},
    "half a letter": lambda one: one | {"report_type": "\ud800"},
    "no object": lambda _: "no observation",
    "nothing": lambda _: None,
}
_KINDS: Final = tuple(DAMAGES)


@dataclass(frozen=True, slots=True)
class Disorder:
    """How much disorder; each rate is the share of a file's rows, 0 to 1.

    Attributes:
        seed: what makes it the same again.
        late: handed over `late_by_days` after their time, or at the year's end. More days than the
            stream remembers (30) are too late for it.
        duplicated: handed over twice, the second time up to a day later.
        shuffled: handed over up to three hours late, among those of other hours.
        corrected: an older version of other temperature is handed over as well, up to an hour before or
            after: the file's own must win.
        malformed: a broken copy is handed over as well, and becomes a dead letter.
        late_by_days: how late.
    """

    seed: int
    late: float = 0.0
    duplicated: float = 0.0
    shuffled: float = 0.0
    corrected: float = 0.0
    malformed: float = 0.0
    late_by_days: float = 6.0

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Self | None:
        """Read it as a form or a command line says it; None where nothing is said.

        Raises:
            SettingsError: a name is unknown, or a value is not what is accepted.
        """
        if not values:
            return None
        names = [one.name for one in fields(cls)]
        try:
            rest = {name: float(value) for name, value in values.items() if name != "seed"}
            found = cls(int(values["seed"]), **rest)
        except (TypeError, ValueError, KeyError) as error:
            raise SettingsError(
                f"Disorder {dict(values)!r} cannot be read ({error}). Accepted are numbers: seed, "
                f"which must be there, and {', '.join(names[1:])}."
            ) from error
        if not all(0 <= rate <= 1 for rate in found.rates.values()) or found.late_by_days < 0:
            raise SettingsError(
                f"Disorder {dict(values)!r}: rates are shares, 0 to 1; late_by_days is no less than 0."
            )
        return found

    @property
    def rates(self) -> dict[str, float]:
        """The rate of each kind."""
        return {
            name: value for name, value in asdict(self).items() if name not in ("seed", "late_by_days")
        }

    def apply(self, rows: pl.DataFrame, name: str) -> tuple[pl.DataFrame, dict[str, int]]:
        """Put it into the rows of one file.

        Args:
            rows: `FED_SCHEMA`, each due at its own time.
            name: of the file.

        Returns:
            The rows in no order, and how many of each kind were put in.
        """
        draw = _Draw(f"{self.seed} {name}", rows.height)
        late, shuffled = draw.share(self.late), draw.share(self.shuffled)
        shuffled &= ~late
        delay = (
            pl.when(late)
            .then(pl.lit(round(self.late_by_days * _DAY_US)))
            .when(shuffled)
            .then(draw.between(0, _SHUFFLED_WITHIN_US))
            .otherwise(0)
        )
        own = rows.with_columns(pl.col(DUE_AT) + delay.cast(pl.Duration("us")))
        extra = {
            "duplicated": _delayed(draw, own, draw.share(self.duplicated), 0, _REPEATED_WITHIN_US),
            "corrected": _older(
                _delayed(draw, own, draw.share(self.corrected) & _measured(own), -_HOUR_US, _HOUR_US),
                draw.between(1, 40),
            ),
            "malformed": _damaged(_delayed(draw, own, draw.share(self.malformed), 0, _HOUR_US)),
        }
        counts = {"late": int(late.sum()), "shuffled": int(shuffled.sum())}
        counts |= {kind: frame.height for kind, frame in extra.items()}
        return pl.concat([own, *(one.select(FED_SCHEMA.names()) for one in extra.values())]), counts


class _Draw:
    """Columns of chance; Python's generator gives the same numbers in every version."""

    def __init__(self, seed: str, size: int) -> None:
        self._random = Random(seed)  # noqa: S311 - nothing secret
        self._size = size

    def share(self, rate: float) -> pl.Series:
        """Whether each row is of a share."""
        return pl.Series([self._random.random() < rate for _ in range(self._size)], dtype=pl.Boolean)

    def between(self, low: int, high: int) -> pl.Series:
        """A whole number for each row."""
        span = high - low
        return pl.Series(
            [low + int(self._random.random() * span) for _ in range(self._size)], dtype=pl.Int64
        )


def _measured(rows: pl.DataFrame) -> pl.Series:
    return rows["air_temperature_tenths"].is_not_null() & rows["malformed"].is_null()


def _delayed(
    draw: _Draw, rows: pl.DataFrame, is_chosen: pl.Series, low: int, high: int
) -> pl.DataFrame:
    """Copies of the chosen rows, due so many microseconds after them."""
    delay = draw.between(low, high).cast(pl.Duration("us"))
    copies = rows.with_columns(pl.col(DUE_AT) + delay, row=pl.int_range(pl.len()))
    return copies.filter(is_chosen)


def _older(copies: pl.DataFrame, change_tenths: pl.Series) -> pl.DataFrame:
    """Versions published a day before, nearer to 0 °C or just beyond: plausible as the file's own."""
    change = pl.Series(change_tenths.gather(copies["row"])).cast(pl.Int32)
    value = pl.col("air_temperature_tenths")
    return copies.with_columns(
        value - pl.when(value > 0).then(change).otherwise(-change),
        pl.col("published_at") - pl.duration(days=1),
        pl.col("revision") - _DAY_OF_REVISION,
    )


def _damaged(copies: pl.DataFrame) -> pl.DataFrame:
    kinds = [_KINDS[number % len(_KINDS)] for number in range(copies.height)]
    return copies.with_columns(pl.Series(DAMAGE, kinds, pl.String()))
