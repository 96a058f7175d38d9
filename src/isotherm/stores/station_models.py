"""Which model speaks for a station: tables `forecast_model` and `station_forecast_model`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert as upsert

from isotherm.stores.tables import forecast_model, station_forecast_model

KEPT_VERSIONS: Final = 3
_IDS_AT_ONCE: Final = 1_000
_MAX_WHY: Final = 500


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One training that is whole on HDFS; times UTC without a zone, as the table has them."""

    version: str
    trained_at: datetime
    until_hour: datetime
    made_by: str
    run_label: str
    station_count: int
    failed_count: int
    promoted_count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class StationModelRow:
    """What speaks for a station, and the back-test it was decided on; see the table's comments.

    Attributes:
        version: None = no model, the damped anomaly speaks, with what `judged_version` knows of it.
        neighbours: station ids.
    """

    station_id: str
    version: str | None
    version_before: str | None
    since: datetime
    why: str
    judged_at: datetime
    judged_version: str
    row_count: int = 0
    variant: str = ""
    neighbours: tuple[str, ...] = ()
    pair_count: int = 0
    model_mae_c: float | None = None
    current_mae_c: float | None = None
    yesterday_mae_c: float | None = None
    climatology_mae_c: float | None = None
    damped14_mae_c: float | None = None
    rolled_back_at: datetime | None = None

    @property
    def speaking_version(self) -> str:
        """The version whose file is read for a forecast."""
        return self.version or self.judged_version


def record_version(connection: sa.Connection, one: ModelVersion) -> None:
    """Make a version visible; again: what is said of it is replaced."""
    values = asdict(one) | {"run_label": one.run_label[:255]}
    statement = upsert(forecast_model).values(values)
    del values["version"]
    connection.execute(statement.on_duplicate_key_update(**values))


def read_versions(connection: sa.Connection) -> list[ModelVersion]:
    """All, the newest first."""
    columns = [forecast_model.c[name] for name in ModelVersion.__dataclass_fields__]
    rows = connection.execute(sa.select(*columns).order_by(forecast_model.c.version.desc()))
    return [ModelVersion(*row) for row in rows]


def forget_versions(connection: sa.Connection, versions: Iterable[str]) -> None:
    """Their files are gone."""
    names = sorted(versions)
    if names:
        connection.execute(sa.delete(forecast_model).where(forecast_model.c.version.in_(names)))


def read_station_models(
    connection: sa.Connection, station_ids: Collection[str] | None = None
) -> dict[str, StationModelRow]:
    """By station; of some, or of all that were ever judged."""
    statement = sa.select(*(station_forecast_model.c[name] for name in _NAMES))
    if station_ids is None:
        return {row[0]: _row(row) for row in connection.execute(statement)}
    wanted = sorted(set(station_ids))
    found: dict[str, StationModelRow] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        part = statement.where(
            station_forecast_model.c.station_id.in_(wanted[start : start + _IDS_AT_ONCE])
        )
        found |= {row[0]: _row(row) for row in connection.execute(part)}
    return found


def read_rolled_back(connection: sa.Connection, since: datetime, limit: int) -> list[StationModelRow]:
    """The stations whose model was rolled back for what it did in service, the newest first."""
    statement = (
        sa.select(*(station_forecast_model.c[name] for name in _NAMES))
        .where(station_forecast_model.c.rolled_back_at >= since)
        .order_by(station_forecast_model.c.rolled_back_at.desc(), station_forecast_model.c.station_id)
        .limit(limit)
    )
    return [_row(row) for row in connection.execute(statement)]


def count_rolled_back(connection: sa.Connection, since: datetime) -> int:
    """How many stations that is."""
    statement = (
        sa.select(sa.func.count())
        .select_from(station_forecast_model)
        .where(station_forecast_model.c.rolled_back_at >= since)
    )
    return int(connection.scalar(statement) or 0)


def write_station_models(connection: sa.Connection, rows: Sequence[StationModelRow]) -> None:
    """Replace what is said of these stations."""
    if not rows:
        return
    statement = upsert(station_forecast_model)
    newest = {name: statement.inserted[name] for name in _NAMES if name != "station_id"}
    connection.execute(statement.on_duplicate_key_update(**newest), [_values(one) for one in rows])


def promoted_versions(connection: sa.Connection) -> dict[str, set[str]]:
    """The versions that speak for some station, and for which ones."""
    found: dict[str, set[str]] = {}
    columns = (
        station_forecast_model.c.version,
        station_forecast_model.c.station_id,
        station_forecast_model.c.judged_version,
    )
    for version, station_id, judged in connection.execute(sa.select(*columns)):
        found.setdefault(version or judged, set()).add(station_id)
    return found


_NAMES: Final = tuple(StationModelRow.__dataclass_fields__)


def _row(row: Sequence[object]) -> StationModelRow:
    values = dict(zip(_NAMES, row, strict=True))
    values["neighbours"] = tuple(one for one in str(values["neighbours"]).split(",") if one)
    return StationModelRow(**values)  # type: ignore[arg-type] # as the columns are


def _values(one: StationModelRow) -> dict[str, object]:
    return asdict(one) | {"neighbours": ",".join(one.neighbours), "why": one.why[:_MAX_WHY]}
