"""What a training came to, in the log of its last task."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from isotherm.forecast.promotion import Decision
from isotherm.ingest.report import log, write_table

Note = Mapping[str, Any]

SHOWN: Final = 200
_COLUMNS: Final = (
    "station", "rows", "variant", "neighbours", "MAE", "yesterday", "skill %", "promoted", "why",
)  # fmt: skip


def show_models(judged: Sequence[tuple[Note, Decision]], *, tried_trees: bool) -> None:
    """Each station's model, what it did on the last days, and whether it speaks.

    Args:
        judged: by station.
        tried_trees: whether the training was to try them.
    """
    write_table("Models", _COLUMNS, [_line(*one) for one in judged[:SHOWN]])
    if len(judged) > SHOWN:
        log.info(f"... and {len(judged) - SHOWN} more: table station_forecast_model has all.")
    if tried_trees:
        _tell_trees([note for note, _ in judged])


def _tell_trees(notes: Sequence[Note]) -> None:
    trained = [one for one in notes if one["failure"] is None]
    kept = sum("trees" in one["variant"] for one in trained)
    log.info(f"Trees were tried beside the ridge and kept at {kept} of {len(trained)} stations.")
    without = [one["without_trees"] for one in trained if "without_trees" in one]
    if without:
        log.warning(f"{len(without)} stations were trained without trees: {without[0]}")


def _line(note: Note, decision: Decision) -> tuple[object, ...]:
    if note["failure"] is not None:
        return (note["station_id"], "", "", "", "", "", "", "no", decision.why)
    mae, yesterday = note["model_mae_c"], note["baseline_mae_c"]["yesterday"]
    return (
        note["station_id"],
        str(note["row_count"]),
        note["variant"],
        ",".join(note["neighbours"]),
        f"{mae:.2f}",
        f"{yesterday:.2f}",
        f"{100 * (1 - mae / yesterday):.1f}" if yesterday else "",
        "yes" if decision.is_promoted else "no",
        decision.why,
    )
