/** Rows of the API as columns for the chart, and what can be said about them in a line. */

import type { Point } from "../api";
import { chartText } from "../locale/chart";
import { type Granularity, nextPeriod } from "../time";
import { inUnits } from "../units";
import type { StationChange } from "./stationChanges";

/** Column per series in the unit of the page, x in seconds; null is a gap, and no line is drawn across it. */
export interface Columns {
  seconds: number[];
  min: (number | null)[];
  mean: (number | null)[];
  max: (number | null)[];
  /** The row behind each position; null at a gap. A row that is not drawn has no values, but is there. */
  rows: (Point | null)[];
}

/**
 * Puts one empty position wherever at least one period has no row or other stations begin to stand behind
 * the rows, and draws no row of an excursion to other stations.
 */
export function toColumns(
  points: readonly Point[],
  by: Granularity,
  changes: readonly StationChange[] = [],
): Columns {
  const columns: Columns = { seconds: [], min: [], mean: [], max: [], rows: [] };
  const hidden = hiddenPositions(changes);
  const steps = new Set(changes.filter(({ from, to }) => from === to).map(({ from }) => from));
  let expected: number | null = null;
  for (const [at, point] of points.entries()) {
    if (expected !== null && point.start > expected) append(columns, expected, null);
    else if (expected !== null && steps.has(at)) append(columns, (points[at - 1]!.start + point.start) / 2, null);
    append(columns, point.start, point, !hidden.has(at));
    expected = nextPeriod(by, point.start);
  }
  return columns;
}

/** Positions of the rows behind which other stations stand for a while. */
export function hiddenPositions(changes: readonly StationChange[]): Set<number> {
  return new Set(changes.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)));
}

function append(columns: Columns, start: number, row: Point | null, isDrawn = true): void {
  const drawn = isDrawn ? row : null;
  columns.seconds.push(start / 1000);
  columns.min.push(inUnits(drawn?.min_c ?? null));
  columns.mean.push(inUnits(drawn?.mean_c ?? null));
  columns.max.push(inUnits(drawn?.max_c ?? null));
  columns.rows.push(row);
}

/** The position of the row nearest to a position; null where there is none at all. */
export function nearestRow({ seconds, rows }: Columns, position: number): number | null {
  let [before, after] = [position, position];
  while (before >= 0 && !rows[before]) before--;
  while (after < rows.length && !rows[after]) after++;
  if (after >= rows.length) return before >= 0 ? before : null;
  if (before < 0) return after;
  return seconds[position]! - seconds[before]! <= seconds[after]! - seconds[position]! ? before : after;
}

/** Positions with no neighbour, which a line alone would leave invisible. */
export function isolatedPositions(
  values: ArrayLike<number | null | undefined>,
  first: number,
  last: number,
): number[] {
  const alone: number[] = [];
  for (let at = first; at <= last; at++) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) alone.push(at);
  }
  return alone;
}

/**
 * The position some rows away, gaps not counted, at most the first or last one. Without a position to start
 * from: the first row for steps forward, the last for steps back.
 */
export function stepRow({ rows }: Columns, position: number | null, steps: number): number | null {
  const there = rows.flatMap((row, at) => (row ? [at] : []));
  const last = there.length - 1;
  if (last < 0) return null;
  if (position === null) return there[steps > 0 ? 0 : last]!;
  return there[Math.min(last, Math.max(0, there.indexOf(position) + steps))]!;
}

export interface Overview {
  lowest: Point | null;
  highest: Point | null;
  mean_c: number | null;
  observations: number;
  /** Hours with a temperature behind the rows; null where the rows do not say. */
  hours: number | null;
  rows: number;
}

/**
 * Extremes, mean and counts of the rows shown. The mean weighs by observations for one station (so it
 * is the mean of the observations themselves) and equally for the series over all stations.
 */
export function overviewOf(points: readonly Point[], weighByObservations: boolean): Overview {
  let lowest: Point | null = null;
  let highest: Point | null = null;
  let [observations, hours, sum, weight] = [0, 0, 0, 0];
  for (const point of points) {
    observations += point.observation_count;
    hours += point.hour_count ?? Number.NaN;
    if (point.min_c !== null && (lowest === null || point.min_c < lowest.min_c!)) lowest = point;
    if (point.max_c !== null && (highest === null || point.max_c > highest.max_c!)) highest = point;
    if (point.mean_c === null) continue;
    const share = weighByObservations ? point.observation_count : 1;
    sum += point.mean_c * share;
    weight += share;
  }
  return {
    lowest,
    highest,
    mean_c: weight ? sum / weight : null,
    observations,
    hours: Number.isNaN(hours) ? null : hours,
    rows: points.length,
  };
}

const NOT_SELECTED = ["missing", "summary_of_day", "special", "superseded"] as const;
const REJECTED = ["bad_quality", "out_of_range", "malformed"] as const;

type Reason = (typeof NOT_SELECTED | typeof REJECTED)[number];

function reasonSum(row: Point, reasons: readonly Reason[]): number {
  return reasons.reduce((sum, reason) => sum + (row[`${reason}_count`] ?? 0), 0);
}

/** Observations left out through no fault of their own. */
export function notSelected(row: Point): number {
  return reasonSum(row, NOT_SELECTED);
}

/** Observations left out as wrong. */
export function rejected(row: Point): number {
  return reasonSum(row, REJECTED);
}

/** Why observations were left out, by reason: "special 2, bad quality 1". */
export function reasonsText(row: Point): string {
  return [...NOT_SELECTED, ...REJECTED]
    .filter((reason) => (row[`${reason}_count`] ?? 0) > 0)
    .map((reason) => `${chartText.reasons[reason]} ${row[`${reason}_count`]}`)
    .join(", ");
}
