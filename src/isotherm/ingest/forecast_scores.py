"""The task that holds stored forecasts against the hours that came."""

from isotherm.ingest.report import write_table
from isotherm.ingest.workplace import Workplace, in_workplace
from isotherm.stores.forecast_scoring import score_forecasts


@in_workplace
def score(place: Workplace) -> None:
    """Score what is new, and show how much that was; safe to repeat."""
    done = [one for one in score_forecasts(place.engine) if one.days]
    write_table(
        "Scored",
        ("kind", "stations", "days", "pairs"),
        [
            (kind, len(some), sum(len(one.days) for one in some), sum(one.pair_count for one in some))
            for kind in sorted({one.kind for one in done})
            if (some := [one for one in done if one.kind == kind])
        ],
    )
