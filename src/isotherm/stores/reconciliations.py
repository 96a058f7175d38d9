"""What reconciliations came to: table `reconciliation`."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Final

import sqlalchemy as sa

from isotherm.stores.tables import reconciliation
from isotherm.utc import to_aware, to_naive

_LABEL_LENGTH: Final = 250


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One run of it; `finished_at` with its zone, the counts as the table explains them."""

    run_label: str
    finished_at: datetime
    first_day: date
    last_day: date
    station_year_count: int
    left_out_count: int
    compared: int
    differing: int
    missing: int
    extra: int
    speed_compared: int
    speed_differing: int
    fed: int
    late: int
    dead_lettered: int
    lost: int
    doubled: int
    seconds: float

    @property
    def drift(self) -> int | None:
        """Rows that are not the batch layer's; None where none was compared, which proves nothing."""
        return self.differing + self.missing + self.extra if self.compared else None

    @property
    def is_good(self) -> bool:
        """Whether something was compared, and nothing differs, is lost or doubled."""
        return self.drift == 0 and self.fed > 0 and not self.lost and not self.doubled


def record(connection: sa.Connection, one: Reconciliation) -> None:
    """Keep it."""
    values = asdict(one) | {
        "run_label": one.run_label[:_LABEL_LENGTH],
        "finished_at": to_naive(one.finished_at.astimezone(UTC)).replace(microsecond=0),
    }
    connection.execute(sa.insert(reconciliation).values(values))


def read_newest(connection: sa.Connection) -> Reconciliation | None:
    """The newest one; None before the first."""
    columns = [reconciliation.c[name] for name in Reconciliation.__dataclass_fields__]
    statement = sa.select(*columns).order_by(reconciliation.c.reconciliation_id.desc()).limit(1)
    row = connection.execute(statement).mappings().one_or_none()
    return (
        None if row is None else Reconciliation(**{**row, "finished_at": to_aware(row["finished_at"])})
    )
