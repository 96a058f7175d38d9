"""The work behind the batch tasks of Airflow, as plain functions that run without it.

`selection` chooses station-years, `transfer` brings their files to HDFS, `manifest` keeps the account
of them in MySQL, `stations` fills the station table, `load` takes the summaries to MySQL. A DAG file
only wires them; what passes between tasks is small enough for an XCom.
"""
