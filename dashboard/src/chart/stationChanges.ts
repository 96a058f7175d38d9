/**
 * Where a series over all stations changes because other stations stand behind it, not the weather.
 *
 * A row is set against the median of its neighbours (seven either side): more than a tenth apart it is *odd*. One or a few odd rows between neighbours that agree are an
 * excursion, which is not drawn; everything else is a lasting change and gets one mark where it begins.
 * Where the count differs at every other row anyway there is nothing to compare with, and nothing is marked.
 * Hours are judged by their whole day: many stations report every three hours only.
 */

import type { Point } from "../api";
import { count, counted } from "../format";
import { periodLabel } from "../dates";
import { chartText as t } from "../locale/chart";
import { common } from "../locale/common";
import { type Granularity, nextPeriod, startOf } from "../time";

const NEIGHBOURS = 7;
const LONGEST_EXCURSION = 5;
const MOST_CHANGES = 6;

export interface StationChange {
  /** Positions of the rows that are not drawn, [from, to); empty for a lasting change, which begins at `from`. */
  from: number;
  to: number;
  /** Stations before, and at `from`. */
  before: number;
  after: number;
}

/**
 * Whether two counts differ by more than a tenth: one of twelve stations may miss a day and the mean over them
 * stays what it was, one of two may not.
 */
export function isOtherStations(one: number, other: number): boolean {
  return Math.abs(one - other) > 0.1 * Math.max(one, other);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[(values.length - 1) >> 1]!;
}

/** The usual count around each position; null where neighbours do not agree with each other. */
function levelsOf(counts: readonly number[]): (number | null)[] {
  const width = 2 * NEIGHBOURS + 1;
  return counts.map((_, at) => {
    const first = Math.max(0, Math.min(at - NEIGHBOURS, counts.length - width));
    const near = counts.slice(first, first + width);
    const changes = near.filter((count, index) => index > 0 && isOtherStations(count, near[index - 1]!));
    return changes.length > MOST_CHANGES ? null : median(near);
  });
}

/** Excursions as [from, to): odd rows with rows of the usual count on both sides. */
function excursionsOf(counts: readonly number[], levels: readonly (number | null)[]): [number, number][] {
  const isOdd = (at: number): boolean => levels[at] != null && isOtherStations(counts[at]!, levels[at]!);
  const found: [number, number][] = [];
  for (let from = 0; from < counts.length; from++) {
    if (!isOdd(from)) continue;
    let to = from + 1;
    while (to < counts.length && isOdd(to)) to++;
    if (from > 0 && to < counts.length && to - from <= LONGEST_EXCURSION) found.push([from, to]);
    from = to;
  }
  return found;
}

/** Every change of a series of counts, in order. */
export function changesOf(counts: readonly number[]): StationChange[] {
  const levels = levelsOf(counts);
  const excursions = excursionsOf(counts, levels);
  const changes: StationChange[] = excursions.map(([from, to]) => ({
    from,
    to,
    before: counts[from - 1]!,
    after: counts[from]!,
  }));
  const drawn = counts.map((_, at) => at).filter((at) => !excursions.some(([from, to]) => at >= from && at < to));
  for (const [index, at] of drawn.entries()) {
    const last = drawn[index - 1];
    if (last === undefined || levels[at] === null || levels[last] === null) continue;
    if (isOtherStations(counts[last]!, counts[at]!)) {
      changes.push({ from: at, to: at, before: counts[last]!, after: counts[at]! });
    }
  }
  return changes.sort((one, other) => one.from - other.from);
}

/** The same for rows of the API; none for the rows of one station. */
export function stationChanges(points: readonly Point[], by: Granularity): StationChange[] {
  if (points[0]?.station_count === undefined) return [];
  if (by !== "hour") return changesOf(points.map((point) => point.station_count ?? 0));
  const firsts: number[] = [];
  const counts: number[] = [];
  let day = Number.NaN;
  for (const [at, point] of points.entries()) {
    const its = startOf("day", point.start);
    if (its !== day) {
      day = its;
      firsts.push(at);
      counts.push(0);
    }
    counts.push(Math.max(counts.pop()!, point.station_count ?? 0));
  }
  const place = (index: number): number => firsts[index] ?? points.length;
  return changesOf(counts).map((change) => ({ ...change, from: place(change.from), to: place(change.to) }));
}

/** "12 → 100 stations" */
export function changeText({ before, after }: StationChange): string {
  return t.change(count(before), counted(after, "station"));
}

/** What to say of a row: whose stations it has instead; empty where it is like its neighbours. */
export function changeAt(changes: readonly StationChange[], at: number): string {
  const change = changes.find(({ from, to }) => at >= from && at < Math.max(to, from + 1));
  if (!change) return "";
  return change.to > change.from ? t.notDrawn(changeText(change)) : changeText(change);
}

/** Where the chart marks them, in seconds: a stretch for an excursion, an instant for a lasting change. */
export function changeMarks(
  changes: readonly StationChange[],
  points: readonly Point[],
  by: Granularity,
): { from: number; to: number; text: string }[] {
  return changes.map((change) => {
    const start = points[change.from]!.start;
    const half = (nextPeriod(by, start) - start) / 2;
    const end = change.to > change.from ? points[change.to - 1]!.start + half : start - half;
    return { from: (start - half) / 1000, to: end / 1000, text: changeText(change) };
  });
}

/** The first two of them in a line, the others by their number. */
export function changesText(
  changes: readonly StationChange[],
  points: readonly Point[],
  by: Granularity,
): string {
  if (!changes.length) return "";
  const told = changes.slice(0, 2).map((change) => {
    const when = periodLabel(by === "hour" ? "day" : by, points[change.from]!.start);
    return `${common.titled(when, changeText(change))}${change.to > change.from ? t.notDrawnToo : ""}`;
  });
  const more = changes.length > 2 ? [t.more(changes.length - 2)] : [];
  return t.otherStations([...told, ...more].join("; "));
}
