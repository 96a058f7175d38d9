"""The speed layer as one long-running task: feeder, bridge and Spark stream, started and followed.

`replay` says which observations are fed, `children` and `tether` hold the programs, `supervisor` keeps
them going, `catch_up` knows when everything that was fed stands in MySQL, `operator` is Airflow's side.
The programs themselves are in `streaming/`.
"""
