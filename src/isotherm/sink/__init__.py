"""The sink: hourly summaries from Kafka into MySQL, rows and offsets in one transaction.

`service` runs two loops, each a `follower` of its topic: `summaries` writes rows, `letters` counts dead
letters. `decode` makes columns of records, `guard` says which summary of an hour stands, `batch` what
that makes of a batch, `rows` reads and writes them, `offsets` is the fence, `transaction` puts them
together. `consumer` and `dead_letters` are Kafka's side. `patience` waits for what passes, `refusals`
finds the row that MySQL will never take, `health` tells how it all is. The program is
`streaming/summaries_to_mysql.py`.
"""
