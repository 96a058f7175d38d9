"""What a replay feeds, chosen once; and its identity, which is what it feeds.

The archive is asked before anything starts. The same files, days and label are the same feed: pressed
again it replays nothing, and what was interrupted goes on. Newer files are a new feed. A retry of a run
keeps the feed the run began with, whatever the archive has published since.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from isotherm.archive.archives import Archive, SourceFile, StationYear, open_archive
from isotherm.datasets.dataset import Dataset
from isotherm.datasets.facts import serving_rank
from isotherm.datasets.registry import DATASETS, dataset_named
from isotherm.errors import SettingsError
from isotherm.files import write_whole
from isotherm.ingest.chosen import choose_from_archive
from isotherm.ingest.selection import plan_station_years
from isotherm.ingest.stations import StationDirectory
from isotherm.messages import OBSERVATION_TOPIC
from isotherm.settings import Settings
from isotherm.station_choice import StationChoice
from isotherm.stores.kafka_topics import admin_client, topic_id
from isotherm.stores.mysql import create_engine
from isotherm.stores.places import places_of
from isotherm.stores.topic_generations import generation_of
from isotherm.stream.downloads import Downloads
from isotherm.stream.feeder_files import FeedPosition, position_path
from isotherm.stream.feeder_plan import Period
from isotherm.stream.replay import FOLLOW, Replay
from isotherm.stream.topic_offsets import TopicOffsets

_FEED_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class PlannedFeed:
    """A feed as a run finds it.

    Attributes:
        position: how far it is.
        is_new: whether this is the first time it is met.
    """

    position: FeedPosition
    is_new: bool

    @property
    def dataset(self) -> str:
        """Whose observations it feeds; of several datasets the one that serves first."""
        names = {one.dataset for one in self.position.station_years or []}
        return min(names, key=serving_rank)


def plan_feed(settings: Settings, replay: Replay, run_id: str) -> PlannedFeed:
    """The feed of a run: the one it began with, else the one that the archive's present state makes.

    Everything it feeds is downloaded afterwards.

    Args:
        settings: of this installation.
        replay: what the form asks for.
        run_id: names the run; its retries name the same.

    Raises:
        SettingsError: the archive has nothing in the period.
        SourceError: a file could not be had.
        StoreError: Kafka does not answer.
    """
    note = _run_note(settings, replay, run_id)
    if note.exists():
        feed_id = note.read_text()
        position = FeedPosition.load(position_path(settings, feed_id), feed_id)
        if position.station_years is not None:
            return PlannedFeed(position, is_new=False)
    return begin_feed(settings, replay, run_id, _bring_files(settings, replay))


def begin_feed(
    settings: Settings, replay: Replay, run_id: str, files: Sequence[SourceFile]
) -> PlannedFeed:
    """The feed of these files, which are downloaded; `plan_feed` finds it again by the run.

    Raises:
        StoreError: Kafka does not answer.
    """
    feed_id = identity(settings.archive, replay, files)
    position = FeedPosition.load(position_path(settings, feed_id), feed_id)
    is_new = position.station_years is None
    if is_new:
        _begin(settings, position, [one.station_year for one in files])
    write_whole(_run_note(settings, replay, run_id), feed_id)
    return PlannedFeed(position, is_new)


def identity(archive: str, replay: Replay, files: Sequence[SourceFile]) -> str:
    """The feed's id: of what is fed and not of how fast, whichever run asks.

    Args:
        archive: the archive's lasting name (`Settings.archive`).
        replay: its days, label and disorder count.
        files: the versions that are fed; of a feed that follows the archive any version is.
    """
    versions = sorted(
        [one.station_year.dataset, one.station_year.station_id, one.station_year.year, one.sha256]
        for one in files
    )
    fed = [FOLLOW, replay.dataset, dict(replay.stations)] if replay.follows else versions
    parts: list[object] = [archive, str(replay.first_day), str(replay.last_day), replay.label, fed]
    if replay.disorder is not None:
        parts.append(asdict(replay.disorder))
    text = json.dumps(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:_FEED_ID_DIGITS]


def choose_station_years(
    settings: Settings, archive: Archive, dataset: str, period: Period, choice: StationChoice
) -> list[StationYear]:
    """The station-years of the period, of the same places the batch layer would take.

    Args:
        settings: of this installation.
        archive: what is asked.
        dataset: name; empty = of the newest days all datasets, of named days those that serve.
        period: which days.
        choice: which stations.

    Raises:
        SettingsError: the archive has none: to ask again would find the same.
    """
    datasets = [dataset_named(dataset)] if dataset else DATASETS
    listing = [one for each in datasets for one in _list_period(archive, each, period)]
    first, last = period.years or (0, -1)
    engine = create_engine(settings)
    try:
        with engine.connect() as connection:
            chosen = choose_from_archive(connection, StationDirectory(archive), choice, listing)
            planned = plan_station_years(
                chosen.station_ids,
                listing,
                years=range(first, last + 1),
                datasets=[one.name for one in datasets],
            )
            if period.years is not None:
                planned = _serving(planned, listing, places_of(connection, chosen.station_ids))
    finally:
        engine.dispose()
    if not planned:
        raise _nothing(archive, choice)
    return planned


def bring_chosen(
    settings: Settings, archive: Archive, dataset: str, period: Period, choice: StationChoice
) -> list[SourceFile]:
    """Choose the station-years of the period and have them; see `choose_station_years`.

    Returns:
        Those that exist: a station that is named is asked for, also where no list knows it.

    Raises:
        SettingsError: the archive has none: to ask again would find the same.
        SourceError: a file could not be had.
    """
    chosen = choose_station_years(settings, archive, dataset, period, choice)
    files = Downloads.of(settings).bring(archive, chosen)
    if not files:
        raise _nothing(archive, choice)
    return files


def _nothing(archive: Archive, choice: StationChoice) -> SettingsError:
    return SettingsError(
        f"{archive.label} has no file in this period for {choice.describe()}. Choose other days or "
        "stations."
    )


def _list_period(archive: Archive, dataset: Dataset, period: Period) -> list[StationYear]:
    if period.years is None:
        return archive.list_first_visit(dataset)
    return archive.list_station_years(dataset, *period.years)


def _serving(
    planned: Collection[StationYear], listing: Collection[StationYear], places: Mapping[str, str]
) -> list[StationYear]:
    """Without the listed files of a place and year that another dataset serves."""
    serving: dict[tuple[str, int], str] = {}
    listed = set(listing).intersection(planned)
    for one in sorted(listed, key=lambda one: serving_rank(one.dataset)):
        serving.setdefault((places[one.station_id], one.year), one.dataset)
    return [
        one
        for one in planned
        if one not in listed or serving[places[one.station_id], one.year] == one.dataset
    ]


def _bring_files(settings: Settings, replay: Replay) -> list[SourceFile]:
    period = Period(replay.first_day, replay.last_day)
    with closing(open_archive(settings)) as archive:
        return bring_chosen(settings, archive, replay.dataset, period, replay.choice)


def _begin(settings: Settings, position: FeedPosition, station_years: list[StationYear]) -> None:
    """Note which raw topic it is, and where it ends before anything of this feed is in it."""
    topic = settings.lane.topic(OBSERVATION_TOPIC)
    position.topic_id = topic_id(admin_client(settings.kafka_bootstrap_servers), topic)
    engine = create_engine(settings)
    try:
        with engine.begin() as connection:
            position.generation = generation_of(connection, topic, position.topic_id)
    finally:
        engine.dispose()
    with TopicOffsets(settings.kafka_bootstrap_servers) as topics:
        position.start_offsets = topics.ends(topic)
    position.station_years = station_years
    position.planned_at = datetime.now(UTC).isoformat()
    position.save(position_path(settings, position.feed_id))


def _run_note(settings: Settings, replay: Replay, run_id: str) -> Path:
    """Where the feed of a run is noted; another form in the same run is another note."""
    text = json.dumps([run_id, asdict(replay)], default=str)
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    return settings.state_dir / "feeds" / "runs" / name
