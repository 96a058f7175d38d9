"""Where Isotherm keeps things: HDFS and MySQL."""
