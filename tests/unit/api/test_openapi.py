"""The API's description, from which the dashboard's types are generated, is kept with the dashboard."""

import json

from isotherm.api.openapi import describe
from isotherm.local.dashboard import SOURCES
from isotherm.stores.tables import LEDGER_COUNTS


def test_the_description_beside_the_dashboard_is_what_the_code_says() -> None:
    kept = (SOURCES / "openapi.json").read_text()
    assert kept == describe(), (
        "the API has changed: run `python -m isotherm.api.openapi > dashboard/openapi.json`, then "
        "`npm run generate` in dashboard/"
    )


def test_means_say_what_they_are_divided_by_and_which_may_be_null() -> None:
    hour = json.loads(describe())["components"]["schemas"]["Hour"]
    assert hour["properties"]["mean_c"]["type"] == "number"
    assert (
        "`sum_tenths / observation_count / 10`, to 2 decimals"
        in hour["properties"]["mean_c"]["description"]
    )
    dew_point = hour["properties"]["mean_dew_point_c"]
    assert [one["type"] for one in dew_point["anyOf"]] == ["number", "null"]
    assert {"mean_c", "mean_dew_point_c", "dew_point_count"} <= set(hour["required"])


def test_a_line_of_the_ledger_has_all_its_counts() -> None:
    line = json.loads(describe())["components"]["schemas"]["LedgerLine"]
    assert set(LEDGER_COUNTS) < set(line["required"])
    assert "late" in line["properties"]
