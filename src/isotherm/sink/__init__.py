"""The sink: hourly summaries from Kafka into MySQL, rows and offsets in one transaction.

`guard` decides which summary of an hour stands, `rows` renders the SQL, `offsets` is the fence,
`transaction` puts them together, `consumer` and `dead_letters` are Kafka's side, `service` is the loop,
`health` tells how it is. The program is `streaming/summaries_to_mysql.py`.
"""
