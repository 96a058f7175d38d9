/** The time axis by the chosen clock, UTC at first, whatever the browser's zone: uPlot's own splits go by local time. */

import { shortMonthName } from "../dates";
import { type Granularity, nextPeriod } from "../time";
import { fromClock, onClock, zoneOf } from "../zone";
import type { Range } from "./zoom";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const MONTH_S = 30 * DAY_S;
const YEAR_S = 365 * DAY_S;

/** Distances between two ticks, in seconds; months and years stand for calendar ones. */
export const TIME_INCREMENTS = [
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_S),
  ...[1, 2, 5, 10].map((days) => days * DAY_S),
  ...[1, 2, 3, 6].map((months) => months * MONTH_S),
  ...[1, 2, 5, 10, 20, 50].map((years) => years * YEAR_S),
];

const OWN_INCREMENT: Record<Granularity, number> = { hour: HOUR_S, day: DAY_S, month: MONTH_S, season: 3 * MONTH_S, year: YEAR_S };

/** Distances that make sense for rows of this length: no months under years. */
export function incrementsOf(by: Granularity): number[] {
  return TIME_INCREMENTS.filter((increment) => increment >= OWN_INCREMENT[by]);
}

/** The time the axis covers, in seconds: half a period around the rows, and a whole one around a single row. */
export function wholeRange(points: readonly { start: number }[], by: Granularity): Range {
  const first = points[0]?.start ?? 0;
  const last = points.at(-1)?.start ?? first;
  const period = nextPeriod(by, last) - last;
  const margin = first === last ? period : period / 2;
  return [(first - margin) / 1000, (last + margin) / 1000];
}

/** Tick positions in [min, max], in seconds; of seasons those within a year begin a month before its quarters. */
export function timeSplits(min: number, max: number, increment: number, by?: Granularity): number[] {
  if (increment < MONTH_S) return fixedSplits(min, max, increment, zoneOf(by ?? "day"));
  const lead = by === "season" && increment < YEAR_S ? 1 : 0;
  const months = increment < YEAR_S ? increment / MONTH_S : (increment / YEAR_S) * 12;
  const first = new Date(min * 1000);
  const monthsSinceZero = first.getUTCFullYear() * 12 + first.getUTCMonth();
  const splits: number[] = [];
  for (let month = Math.floor((monthsSinceZero + lead) / months) * months - lead; ; month += months) {
    const second = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
    if (second > max) return splits;
    if (second >= min) splits.push(second);
  }
}

/** Even by the zone's clock, whatever its offset; where that jumps two of them may be one instant. */
function fixedSplits(min: number, max: number, increment: number, zone: string): number[] {
  const splits: number[] = [];
  const first = Math.ceil(onClock(min * 1000, zone) / 1000 / increment) * increment;
  for (let shown = first; ; shown += increment) {
    const second = fromClock(shown * 1000, zone) / 1000;
    if (second > max) return splits;
    if (second >= min && second !== splits.at(-1)) splits.push(second);
  }
}

/** Where a label stands and how wide its text is, in the same pixels. */
export interface LabelSpace {
  at: (second: number) => number;
  width: (text: string) => number;
  /** Nothing may reach further left or right than this. */
  edges: readonly [left: number, right: number];
}

const LABEL_GAP = 8;

/**
 * Tick labels; the year (or the day) stands under the first tick that belongs to it. A text that would touch
 * the one before it in its line, or the edge, is left out.
 */
export function timeLabels(seconds: readonly number[], increment: number, space?: LabelSpace, by: Granularity = "day"): string[] {
  let shownContext = "";
  const ends: [upper: number, lower: number] = [-Infinity, -Infinity];
  const fits = (text: string, second: number, line: 0 | 1): boolean => {
    if (!space) return true;
    const [middle, half] = [space.at(second), space.width(text) / 2];
    if (middle - half < Math.max(space.edges[0], ends[line] + LABEL_GAP)) return false;
    if (middle + half > space.edges[1]) return false;
    ends[line] = middle + half;
    return true;
  };
  return seconds.map((second) => {
    const [label, context] = tickText(new Date(onClock(second * 1000, zoneOf(by))), increment);
    const upper = fits(label, second, 0) ? label : "";
    const isNew = context !== "" && context !== shownContext;
    if (!isNew || !fits(context, second, 1)) return upper;
    shownContext = context;
    return `${upper}\n${context}`;
  });
}

function tickText(date: Date, increment: number): [label: string, context: string] {
  const year = String(date.getUTCFullYear());
  const month = shortMonthName(date.getUTCMonth());
  const day = `${date.getUTCDate()} ${month}`;
  if (increment >= YEAR_S) return [year, ""];
  if (increment >= MONTH_S) return [month, year];
  if (increment >= DAY_S) return [day, year];
  return [date.toISOString().slice(11, 16), `${day} ${year}`];
}
