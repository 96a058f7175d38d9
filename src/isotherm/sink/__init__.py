"""The sink: hourly summaries from Kafka into MySQL, rows and offsets in one transaction.

`service` runs two loops, each a `follower` of its topic: `summaries` writes rows, `letters` counts
dead letters. `guard` decides which summary of an hour stands, `rows` renders the SQL, `offsets` is the
fence, `transaction` puts them together. `consumer` and `dead_letters` are Kafka's side. `patience`
waits for what passes, `refusals` finds the row that MySQL will never take, `health` tells how it all
is. The program is `streaming/summaries_to_mysql.py`.
"""
