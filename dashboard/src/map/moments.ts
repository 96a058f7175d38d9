/** The hours, days, months and years a map can be of, and the steps between them. In UTC. */

import { DAY_MS, HOUR_MS, isoTime, nextPeriod, parseUtc, periodCount, startOf } from "../time";

export const MAP_PERIODS = ["hour", "day", "month", "year"] as const;
export type MapPeriod = (typeof MAP_PERIODS)[number];

const FORM: Record<MapPeriod, RegExp> = {
  hour: /^\d{4}-\d\d-\d\dT\d\d:00:00Z$/,
  day: /^\d{4}-\d\d-\d\d$/,
  month: /^\d{4}-\d\d$/,
  year: /^\d{4}$/,
};
/** What a slider runs over: the next longer period. */
const AROUND: Record<MapPeriod, MapPeriod | null> = { hour: "day", day: "month", month: "year", year: null };

/** First instant of a moment as the API writes it; null where it is none. */
export function readMoment(by: MapPeriod, text: string): number | null {
  if (!FORM[by].test(text)) return null;
  const start = parseUtc(text);
  return writeMoment(by, start) === text && start >= Date.UTC(1700, 0, 1) ? start : null;
}

/** As the API takes it. */
export function writeMoment(by: MapPeriod, start: number): string {
  const text = isoTime(start);
  return by === "hour" ? text : text.slice(0, { day: 10, month: 7, year: 4 }[by]);
}

/** So many steps later, or earlier. */
export function stepped(by: MapPeriod, start: number, steps: number): number {
  if (by === "hour" || by === "day") return start + steps * (by === "hour" ? HOUR_MS : DAY_MS);
  const date = new Date(start);
  const months = by === "month" ? steps : 12 * steps;
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}

export interface Span {
  /** Of the first and last hour there is; null where it is not known. */
  first: number | null;
  last: number | null;
}

/**
 * The newest moment that is over: one that is not yet lacks its hours to come. Where there is none so
 * long ago the newest.
 */
export function newestMoment(by: MapPeriod, { first, last }: Span): number | null {
  if (last === null) return null;
  const current = startOf(by, last);
  if (nextPeriod(by, current) <= last + HOUR_MS) return current;
  const before = stepped(by, current, -1);
  return first !== null && nextPeriod(by, before) > first ? before : current;
}

/** The same time by another length: the first of it, or the newest where that lies in it. */
export function otherwise(by: MapPeriod, from: MapPeriod, start: number, span: Span): number {
  const newest = newestMoment(by, span);
  if (newest !== null && newest >= start && newest < nextPeriod(from, start)) return newest;
  const other = startOf(by, start);
  return span.first !== null && nextPeriod(by, other) <= span.first ? startOf(by, span.first) : other;
}

export interface Track {
  start: number;
  /** Moments on it. */
  count: number;
  /** Which of them is shown. */
  position: number;
}

/** What the slider runs over: the hours of the day, days of the month, months of the year, all years. */
export function trackOf(by: MapPeriod, at: number, span: Span): Track {
  const around = AROUND[by];
  const first = around ? startOf(around, at) : startOf("year", Math.min(span.first ?? at, at));
  const end = around ? nextPeriod(around, first) : nextPeriod("year", startOf("year", Math.max(span.last ?? at, at)));
  return { start: first, count: periodCount(by, first, end), position: periodCount(by, first, nextPeriod(by, at)) - 1 };
}
