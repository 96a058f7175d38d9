"""Our ridge, made of sums, is pyspark.ml's on the same features."""

from collections.abc import Iterator

import numpy as np
import pytest
from pyspark.sql import SparkSession

from isotherm.forecast.model import Variant
from isotherm.forecast.origins import own_origins
from isotherm.forecast.ridge import ALPHA, fit
from isotherm.forecast.sums import NormalSums
from isotherm.settings import Settings
from isotherm.spark.session import batch_context
from servers.spark_ml_ridge import spark_ml_ridge
from unit.forecast.made_up_hours import full_station

pytestmark = pytest.mark.spark
LEADS_H = (1, 24)


@pytest.fixture
def spark() -> Iterator[SparkSession]:
    with batch_context(Settings(), "isotherm-tests") as context:
        yield SparkSession(context)


def test_the_forecasts_of_both_agree_to_a_millionth_of_a_degree(spark: SparkSession) -> None:
    columns, origins = own_origins(full_station(60 * 24), LEADS_H)
    whole = origins.can_use_rows & ~np.isnan(origins.targets).any(axis=1)
    rows, targets = origins.rows[whole], origins.targets[whole]
    used = columns.of_groups(Variant(uses_rich=True).groups)
    used = used[rows[:, used].std(axis=0) > 1e-6]
    ours = fit(NormalSums.of(rows, targets), used, ALPHA).predict(rows, origins.hour[whole])
    weights, constants = spark_ml_ridge(spark, rows[:, used], targets, ALPHA)
    assert np.abs(rows[:, used] @ weights + constants - ours).max() < 1e-6
    assert np.abs(ours - targets).mean() < np.abs(targets).mean()
