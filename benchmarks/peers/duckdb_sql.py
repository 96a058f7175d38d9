"""DuckDB on the same files: parsed, judged and summarised under three rules in one SQL statement.

    python benchmarks/peers/duckdb_sql.py RAW_DIRECTORY TARGET_DIRECTORY YEAR PASSES

Writes the summaries only, without counts by reason. Prints the CPU seconds of each pass and check sums,
as JSON.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

STATEMENT = """
COPY (
  WITH raw AS (
    SELECT STATION AS station, CAST(DATE AS TIMESTAMP) AS t, SOURCE AS source,
      trim(REPORT_TYPE) AS report_type,
      CASE WHEN TRY_CAST(split_part(TMP, ',', 1) AS INTEGER) BETWEEN -932 AND 618
        THEN TRY_CAST(split_part(TMP, ',', 1) AS INTEGER) END AS tenths,
      split_part(TMP, ',', 2) AS quality,
      CASE WHEN split_part(DEW, ',', 2) NOT IN ('2', '3', '6', '7')
        THEN nullif(TRY_CAST(split_part(DEW, ',', 1) AS INTEGER), 9999) END AS dew,
      row_number() OVER () AS line
    FROM read_csv('{raw}/*.csv.gz', all_varchar = true, union_by_name = true, header = true)
  ),
  newest AS (
    SELECT station, t, report_type, source, max(line) AS line,
      arg_max({{'tenths': tenths, 'quality': quality, 'dew': dew}}, line) AS v
    FROM raw GROUP BY ALL
  ),
  judged AS (
    SELECT station, date_trunc('hour', t) AS hour, date_trunc('minute', t) AS minute, line,
      v.tenths AS tenths, v.dew AS dew,
      v.tenths IS NOT NULL AS unfiltered,
      v.tenths IS NOT NULL AND v.quality NOT IN ('2', '3', '6', '7')
        AND report_type NOT IN ('SOD', 'SOM') AS qc,
      report_type NOT IN ('FM-16', 'SAOSP') AS is_routine,
      8 - list_position(
        ['FM-15', 'SAO', 'SY-MT', 'SY-SA', 'SA-AU', 'S-S-A', 'AERO', report_type], report_type) AS rank
    FROM newest
  ),
  ranked AS (
    SELECT *, max(rank) OVER (PARTITION BY station, hour) AS best FROM judged WHERE qc AND is_routine
  ),
  routine AS (
    SELECT * FROM ranked WHERE rank > 0 OR best = 0
    QUALIFY row_number() OVER (PARTITION BY station, minute ORDER BY rank DESC, line DESC) = 1
  ),
  kept AS (
    SELECT 'unfiltered' AS rule, station, hour, tenths, dew FROM judged WHERE unfiltered
    UNION ALL SELECT 'qc', station, hour, tenths, dew FROM judged WHERE qc
    UNION ALL SELECT 'routine', station, hour, tenths, dew FROM routine
  )
  SELECT station, rule, hour, count(*) AS observation_count, min(tenths) AS min_tenths,
    max(tenths) AS max_tenths, CAST(sum(tenths) AS BIGINT) AS sum_tenths,
    count(dew) AS dew_point_count, CAST(sum(dew) AS BIGINT) AS dew_point_sum_tenths
  FROM kept GROUP BY station, rule, hour ORDER BY station, rule, hour
) TO '{target}/duckdb.parquet' (FORMAT parquet, COMPRESSION zstd)
"""
CHECK = """
SELECT rule, CAST(sum(observation_count) AS BIGINT), CAST(sum(sum_tenths) AS BIGINT),
  CAST(sum(dew_point_sum_tenths) AS BIGINT)
FROM '{target}/duckdb.parquet' GROUP BY rule ORDER BY rule
"""


def main() -> None:
    """Measure the passes."""
    raw, target, passes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[4])
    cpu_s = []
    connection = duckdb.connect()
    for _ in range(passes):
        before = time.process_time()
        connection.execute(STATEMENT.format(raw=raw, target=target))
        cpu_s.append(round(time.process_time() - before, 3))
    check = connection.execute(CHECK.format(target=target)).fetchall()
    print(json.dumps({"cpu_s": cpu_s, "check": check}))


if __name__ == "__main__":
    main()
