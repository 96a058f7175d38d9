"""The work behind the batch tasks of Airflow, as plain functions that run without it.

`selection` chooses station-years, `plan` keeps those of an import, `transfer` brings their files to
HDFS, `stations` fills the station table, `load` takes what changed to MySQL. `day_tasks` and
`history_tasks` are the first tasks of the two DAGs, `batch_tasks` those after. What is still to be done
is in the ledger of files (`stores/source_files`), whichever run left it there. A DAG file only wires
them; what passes between tasks is small enough for an XCom.
"""
