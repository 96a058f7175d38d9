"""The canonical observation and the order of its versions."""

from hypothesis import given
from hypothesis import strategies as st

from isotherm.observation import FIELDS, KEY, REVISION_LINE_BITS, revision_of

_seconds = st.integers(-(2**31), 2**36)
_lines = st.integers(1, 2**REVISION_LINE_BITS - 1)


def test_field_names_are_unique_and_explained() -> None:
    assert len({field.name for field in FIELDS}) == len(FIELDS) == 16
    assert all(field.meaning for field in FIELDS)


def test_the_key_is_made_of_fields_and_holds_no_coordinates_or_values() -> None:
    assert KEY == ("station_id", "observed_at", "report_type", "source")
    assert set(KEY) < {field.name for field in FIELDS}


def test_missing_values_are_nullable_and_provenance_is_not() -> None:
    nullable = {field.name for field in FIELDS if field.nullable}
    assert {"air_temperature_tenths", "malformed", "dew_point_tenths"} < nullable
    assert nullable.isdisjoint({"published_at", "source_file", "source_line", "revision", "station_id"})


@given(_seconds, _lines, _seconds, _lines)
def test_the_later_publication_counts_then_the_later_line(
    seconds: int, line: int, other_seconds: int, other_line: int
) -> None:
    ours, theirs = revision_of(seconds, line), revision_of(other_seconds, other_line)
    assert (ours < theirs) == ((seconds, line) < (other_seconds, other_line))


@given(_seconds, _lines)
def test_a_revision_fits_a_bigint_for_a_thousand_years(seconds: int, line: int) -> None:
    assert -(2**63) <= revision_of(seconds, line) < 2**63
