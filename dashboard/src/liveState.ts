/** What the Live page shows, as the query part of its address; no day: the one the stream is at. */

import { type QueryValues, readState } from "./historyState";
import type { Rule } from "./rules";
import { isoDay, parseUtc } from "./time";

export interface LiveState {
  station: string;
  rule: Rule;
  /** First instant of the day chosen; null follows the stream. */
  day: number | null;
}

export function readLiveState(query: QueryValues): LiveState {
  const { station, rule } = readState(query);
  return { station, rule, day: dayOf(query["day"]) };
}

export function writeLiveState(state: LiveState): Record<string, string> {
  const { station, rule, day } = state;
  return { station, rule, ...(day === null ? {} : { day: isoDay(day) }) };
}

/** The first instant of a day written as 2014-12-31; null where it is none. */
export function dayOf(text: unknown): number | null {
  if (typeof text !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = parseUtc(text);
  return isoDay(day) === text ? day : null;
}
