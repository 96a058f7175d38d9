"""Following an archive: its files are asked for again and again, and what is new in them is fed.

A round asks for the newest file of each station. Of a file that changed, only keys are fed whose newest
version is new or says something else than the one known before; of what is known to begin with, the
newest day. What is known is kept beside the feed's position, a file of its own for each version, and
changes hands only when a round is fed: a kill at any moment repeats at most a batch.
"""

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
import structlog

from isotherm.archive.archives import Archive, SourceFile, StationYear
from isotherm.errors import SourceError
from isotherm.files import write_whole
from isotherm.observation import FIELDS, KEY
from isotherm.stream.downloads import Downloads
from isotherm.stream.feeder_files import FeedPosition
from isotherm.stream.feeder_plan import FeedPlan, YearOfRows, add_rows, read_file
from isotherm.stream.feeder_rows import RowStore, RowWriter

log = structlog.get_logger()

# What another publication of the same observation may change without saying anything new.
_OF_THE_FILE: Final = ("published_at", "source_file", "source_line", "revision")
_COMPARED: Final = tuple(field.name for field in FIELDS if field.name not in _OF_THE_FILE)
_OF_THE_FILE_IN_JSON: Final = r'"(published_at|source_line|revision)": ("[^"]*"|\d+),? ?'
_NOTE: Final = "versions.json"
# So long a file of last year is asked for beside this year's.
_LAST_MONTH_OF_OLD_YEARS: Final = 1


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the archive brought.

    Attributes:
        rows: what is fed of it.
        versions: the version of each file it was read from, by the file's name.
    """

    rows: YearOfRows
    versions: dict[str, str]


def years_to_ask(followed: Iterable[StationYear], now: datetime) -> list[StationYear]:
    """The newest file of each station, and those that may have come since."""
    newest: dict[tuple[str, str], int] = {}
    for one in followed:
        key = one.station_id, one.dataset
        newest[key] = max(one.year, newest.get(key, one.year))
    wanted = set()
    for (station_id, dataset), year in newest.items():
        years = {max(year, now.year)} if year >= now.year else {year, now.year}
        if now.month == _LAST_MONTH_OF_OLD_YEARS and year >= now.year - 1:
            years.add(now.year - 1)
        wanted |= {StationYear(station_id, one, dataset) for one in years}
    return sorted(wanted)


class ArchiveFollower:
    """Makes rounds of an archive for one feed."""

    def __init__(
        self, archive: Archive, downloads: Downloads, position: FeedPosition, folder: Path
    ) -> None:
        """Go on from a position.

        Args:
            archive: what is followed.
            downloads: where its files go.
            position: of the feed.
            folder: for rounds, and for what is known; the feed's own.
        """
        self._archive = archive
        self._downloads = downloads
        self._position = position
        self._round = folder / "round"
        self._known = folder / "known"

    def next_round(self, plan: FeedPlan) -> Round | None:
        """What is new in the archive, or what an interrupted feed had found; None for nothing.

        A file that cannot be had or read is told of and asked for again in the next round.
        """
        if (found := self._interrupted()) is not None:
            return found
        followed = self._position.station_years or []
        brought = self._downloads.bring_what_can_be_had(
            self._archive, years_to_ask(followed, plan.now), _tell
        )
        changed = [
            one for one in brought if self._position.versions.get(_name(one.station_year)) != _mark(one)
        ]
        return self._collect(changed, plan) if changed else None

    def settle(self, fed: Round) -> None:
        """Note in the position that a round is fed; the caller saves it.

        What was known before is removed with `forget`, once the position is saved.
        """
        position = self._position
        position.versions |= fed.versions
        position.rounds += 1
        followed = {*(position.station_years or []), *map(_station_year, fed.versions)}
        position.station_years = sorted(followed)
        position.merge_years(into="earlier rounds")

    def forget(self) -> None:
        """Remove what no round needs any more."""
        shutil.rmtree(self._round, ignore_errors=True)
        needed = {
            path
            for name, mark in self._position.versions.items()
            for path in (self._known_path(name, mark), self._aside_path(name, mark))
        }
        for path in set(self._known.glob("*")) - needed:
            path.unlink(missing_ok=True)

    def _interrupted(self) -> Round | None:
        try:
            note = json.loads((self._round / _NOTE).read_text())
            store = RowStore.find(self._round / "rows", note["digest"])
            if note["round"] != self._position.rounds or store is None:
                return None
            rows = YearOfRows(f"round {note['round']}", note["digest"], store)
            return Round(rows, note["versions"])
        except (OSError, ValueError, KeyError):
            return None

    def _collect(self, changed: Iterable[SourceFile], plan: FeedPlan) -> Round | None:
        shutil.rmtree(self._round, ignore_errors=True)
        writer, versions = RowWriter(self._round / "rows"), {}
        for one in changed:
            name = _name(one.station_year)
            try:
                self._add_news(writer, one, plan)
            except SourceError as error:
                _tell(error)
                continue
            versions[name] = _mark(one)
        if not versions:
            return None
        number = self._position.rounds
        digest = hashlib.sha256(json.dumps([number, versions]).encode()).hexdigest()[:16]
        note = {"round": number, "digest": digest, "versions": versions}
        write_whole(self._round / _NOTE, json.dumps(note))
        return Round(YearOfRows(f"round {number}", digest, writer.finish(digest)), versions)

    def _add_news(self, writer: RowWriter, one: SourceFile, plan: FeedPlan) -> None:
        """Put what is new in a file into the round, and note what is known then."""
        name = _name(one.station_year)
        rows, set_aside = read_file(self._downloads, one.station_year, plan)
        newest = rows.sort("revision").unique(KEY, keep="last", maintain_order=True)
        aside = set_aside.with_columns(
            pl.col("payload").str.replace_all(_OF_THE_FILE_IN_JSON, "").alias("said")
        )
        before = self._position.versions.get(name)
        if before is not None:
            known = pl.read_parquet(self._known_path(name, before))
            known_aside = pl.read_parquet(self._aside_path(name, before))
            news = _without(newest, known, _COMPARED)
            aside_news = _without(aside, known_aside, ("reason", "said"))
            if gone := _without(known, newest, KEY).height:
                log.warning("observations_withdrawn", file=name, observations=gone,
                            consequence="the batch layer drops them")  # fmt: skip
        else:
            news = plan.period.select(newest) if not self._position.rounds else newest
            aside_news = aside
        self._known.mkdir(parents=True, exist_ok=True)
        newest.select(_COMPARED).write_parquet(self._known_path(name, _mark(one)))
        aside.select("reason", "said").write_parquet(self._aside_path(name, _mark(one)))
        add_rows(writer, news, aside_news.drop("said"), plan, source=f"{name} {_mark(one)}")

    def _known_path(self, name: str, mark: str) -> Path:
        return self._known / f"{name}.{mark}.parquet"

    def _aside_path(self, name: str, mark: str) -> Path:
        return self._known / f"{name}.{mark}.aside"


def _without(rows: pl.DataFrame, known: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """The rows that agree with no known one on these columns, null being like null."""
    return rows.join(known, on=list(columns), how="anti", nulls_equal=True, maintain_order="left")


def _name(one: StationYear) -> str:
    return f"{one.dataset}@{one.year}@{one.station_id}"


def _station_year(name: str) -> StationYear:
    dataset, year, station_id = name.split("@")
    return StationYear(station_id, int(year), dataset)


def _mark(one: SourceFile) -> str:
    return one.sha256[:16]


def _tell(error: SourceError) -> None:
    log.warning("file_not_read", reason=str(error), consequence="it is asked for again")
