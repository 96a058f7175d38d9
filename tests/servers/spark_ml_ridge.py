"""The same ridge by pyspark.ml: StandardScaler and LinearRegression, one model per lead."""

import numpy as np
import numpy.typing as npt
from pyspark.ml.feature import StandardScaler
from pyspark.ml.linalg import DenseVector
from pyspark.ml.regression import LinearRegression
from pyspark.sql import SparkSession

Floats = npt.NDArray[np.float64]


def spark_ml_ridge(
    spark: SparkSession, rows: Floats, targets: Floats, alpha: float
) -> tuple[Floats, Floats]:
    """Weights (p, k) and constants (k,) in the units of the columns.

    Spark divides the squares by the rows where ours are summed, its scaler takes the spread of a
    sample, and it divides the penalty by the label's own spread (of all rows), as glmnet does: the
    penalty we give it undoes all three.

    Args:
        spark: a session.
        rows: (n, p), without the constant and columns of no spread, which Spark cannot solve.
        targets: (n, k).
        alpha: ours, on columns of unit spread.
    """
    count, leads = targets.shape
    frame = spark.createDataFrame(
        [(DenseVector(row), *map(float, target)) for row, target in zip(rows, targets, strict=True)],
        ["raw", *(f"lead_{place}" for place in range(leads))],
    )
    scaler = StandardScaler(inputCol="raw", outputCol="unit", withMean=True, withStd=True).fit(frame)
    unit = scaler.transform(frame).drop("raw").cache()
    unit.count()
    weights, constants = np.zeros((rows.shape[1], leads)), np.zeros(leads)
    spread, mean, label_spread = scaler.std.toArray(), scaler.mean.toArray(), targets.std(axis=0)
    for place in range(leads):
        model = LinearRegression(
            featuresCol="unit",
            labelCol=f"lead_{place}",
            regParam=alpha * (count - 1) / count**2 * label_spread[place],
            elasticNetParam=0.0,
            standardization=False,
            solver="normal",
        ).fit(unit)
        weights[:, place] = model.coefficients.toArray() / spread
        constants[place] = model.intercept - mean @ weights[:, place]
    unit.unpersist()
    return weights, constants
