"""Station-hours as Kafka records: `messages.StationHourMessage`, many at once, in Polars.

Texts are put together by hand, for counts of 0 and nulls are left out, and most are: half the bytes and
half the time of a JSON writer. Ids and names are of closed alphabets without quotes.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl
import pyarrow as pa

from isotherm.hourly_summary import LAYER_SPEED
from isotherm.messages import HOUR_SCHEMA_VERSION
from isotherm.quality import RULE_NAMES
from isotherm.statistics.catalogue import STATISTICS
from isotherm.statistics.statistic import COUNT, Merge, Statistic
from isotherm.summarise import HOUR_KEY

_ISO: Final = "%Y-%m-%dT%H:%M:%SZ"


def hour_records(
    summaries: pl.DataFrame, delivered: pl.DataFrame, dataset: str, feed_id: str, topic: str
) -> pl.DataFrame:
    """Records (topic, key, value) of station-hours, one each, and `new` as it came.

    Args:
        summaries: what `summarise` gives: each hour under every rule.
        delivered: `HOUR_KEY` with `received`, `version` and `new`, of at least these hours.
        dataset: of all of them.
        feed_id: likewise.
        topic: where they go.
    """
    # Sorted by `SUMMARY_ORDER`, so under each rule the same hours in the same order.
    of_rules = {rule: summaries.filter(pl.col("rule") == rule) for rule in RULE_NAMES}
    hours = of_rules[RULE_NAMES[0]].select(HOUR_KEY)
    hours = hours.join(delivered, on=HOUR_KEY, how="left", maintain_order="left")
    texts = [part.select(_statistics().alias(rule)) for rule, part in of_rules.items()]
    head = (
        f'{{"schema_version":{HOUR_SCHEMA_VERSION},"feed_id":"{feed_id}","layer":"{LAYER_SPEED}",'
        f'"dataset":"{dataset}","station_id":"'
    )
    rules = [pl.concat_str(pl.lit(f'"{rule}":{{'), rule, pl.lit("}")) for rule in RULE_NAMES]
    value = pl.concat_str(
        pl.lit(head),
        "station_id",
        pl.lit('","hour_start":"'),
        pl.col("hour_start").dt.strftime(_ISO),
        pl.lit('","received":'),
        "received",
        pl.lit(',"version":'),
        "version",
        pl.lit(',"rules":{'),
        pl.concat_str(rules, separator=","),
        pl.lit("}}"),
    )
    return pl.concat([hours, *texts], how="horizontal").select(
        pl.lit(topic).alias("topic"),
        pl.col("station_id").alias("key"),
        value.alias("value"),
        "new",
    )


def _statistics() -> pl.Expr:
    """The members of one rule's object; the first is always there."""
    return pl.concat_str(*map(_member, STATISTICS), ignore_nulls=True)


def _member(one: Statistic) -> pl.Expr:
    """`,"name":value`, null where it is left out."""
    value = pl.col(one.name)
    if one is STATISTICS[0]:
        return pl.concat_str(pl.lit(f'"{one.name}":'), value)
    if one.merge is Merge.HISTOGRAM:
        return pl.concat_str(pl.lit(f',"{one.name}":"'), value, pl.lit('"'))
    if one.unit == COUNT:
        value = pl.when(value != 0).then(value)
    return pl.concat_str(pl.lit(f',"{one.name}":'), value)


def as_arrow(frame: pl.DataFrame, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Polars hands text over as `large_string` or `string_view`; Spark takes `string`."""
    table = frame.to_arrow().cast(schema).combine_chunks()
    nothing = pa.record_batch([pa.nulls(0, one.type) for one in schema], schema=schema)
    yield from table.to_batches() or [nothing]
