/** What an hour without numbers is: still to come, passed without a report, or never streamed. */

import type { Point } from "./api";
import { isRunning, type StreamRun } from "./stream";
import { DAY_MS, HOUR_MS, parseUtc, startOf } from "./time";

export type HourState = "data" | "to come" | "no report" | "not streamed";

export interface LiveHour {
  start: number;
  point: Point | null;
  state: HourState;
}

export interface DayFacts {
  /** First instant of the day. */
  day: number;
  points: readonly Point[];
  /** Hours of the day that any station has from the stream. */
  streamed: ReadonlySet<number>;
  /** Start of the newest hour the stream ever brought; null before the first. */
  newest: number | null;
  run: StreamRun | null;
  /** Hours of the day (0 to 23) at which the station reports; null: not known, or all. */
  reporting: ReadonlySet<number> | null;
}

/** The hours of a day that have numbers or at which some are to be expected, in order. */
export function hoursOf(facts: DayFacts): LiveHour[] {
  const points = new Map(facts.points.map((point) => [point.start, point]));
  const hours = Array.from({ length: 24 }, (_, hour) => facts.day + hour * HOUR_MS);
  return hours
    .filter((start) => points.has(start) || (facts.reporting?.has(hourOfDay(start)) ?? true))
    .map((start) => {
      const point = points.get(start) ?? null;
      return { start, point, state: point ? "data" : stateOf(start, facts) };
    });
}

function stateOf(start: number, facts: DayFacts): HourState {
  const place = placeOf(start, facts.run);
  if (place === "passed") return "no report";
  const streamed = [...facts.streamed, ...facts.points.map((point) => point.start)];
  // What the day itself shows to be over does not wait for the pipeline's answer.
  const newest = Math.max(facts.newest ?? -Infinity, ...streamed);
  if (place === "ahead" || start > newest) return "to come";
  const isWithin = start >= Math.min(...streamed) && start <= Math.max(...streamed);
  return isWithin ? "no report" : "not streamed";
}

/** Whether the newest run has this hour before it, or behind it; null: it does not play the hour, or did not get so far. */
function placeOf(start: number, run: StreamRun | null): "ahead" | "passed" | null {
  if (!run) return null;
  if (run.first_day !== null && start < parseUtc(run.first_day)) return null;
  if (run.last_day !== null && start >= parseUtc(run.last_day) + DAY_MS) return null;
  const isBehind = run.newest_hour !== null && start < parseUtc(run.newest_hour);
  if (isRunning(run) && !isBehind) return "ahead";
  // Of the newest day of each station-year nobody says which days these are.
  return run.first_day !== null && (isBehind || run.state === "complete") ? "passed" : null;
}

const hourOfDay = (start: number): number => (start - startOf("day", start)) / HOUR_MS;

/** Days looked at before the one shown, and how many of them must have reports to learn from. */
export const LEARN_FROM_DAYS = 14;
const FEWEST_DAYS = 3;
/** An hour reported more seldom is an exception, which shows when it comes. */
const LEAST_SHARE = 0.2;

/** The hours of the day at which a station reports, from its days before; null: all, or too few days. */
export function reportingHours(points: readonly Point[]): ReadonlySet<number> | null {
  const days = new Set(points.map((point) => startOf("day", point.start)));
  if (days.size < FEWEST_DAYS) return null;
  const counts = new Map<number, number>();
  for (const { start } of points) counts.set(hourOfDay(start), (counts.get(hourOfDay(start)) ?? 0) + 1);
  const usual = [...counts].filter(([, count]) => count >= LEAST_SHARE * days.size);
  return usual.length < 24 ? new Set(usual.map(([hour]) => hour)) : null;
}
