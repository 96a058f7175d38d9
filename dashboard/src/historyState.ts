/** The whole state of the History page, as the query part of its address. */

import { ALL_STATIONS, type SeriesRequest } from "./api";
import { readZoom, zoomText } from "./chart/zoom";
import { LAYERS, type Layer, RULES, type Rule } from "./rules";
import {
  DAY_MS,
  GRANULARITIES,
  type Granularity,
  isoDay,
  nextPeriod,
  parseUtc,
  periodCount,
  startOf,
} from "./time";

export const VIEWS = ["chart", "anomaly", "table"] as const;
export type View = (typeof VIEWS)[number];

/** More hours than this in one picture are slower to read than to load. */
export const MAX_ROWS = 50_000;

export interface HistoryState {
  station: string;
  by: Granularity;
  rule: Rule;
  layer: Layer;
  /** First and last day shown, both included: 2014-01-01. Empty until the data's period is known. */
  from: string;
  to: string;
  view: View;
  /** The part of the period the chart shows, as an ISO 8601 interval; empty for all of it. */
  zoom: string;
}

export type QueryValues = Record<string, unknown>;

export const DEFAULT_STATE: HistoryState = {
  station: ALL_STATIONS,
  by: "day",
  rule: "routine",
  layer: "best",
  from: "",
  to: "",
  view: "chart",
  zoom: "",
};

function oneOf<Name extends string>(names: readonly Name[], value: unknown, fallback: Name): Name {
  return names.includes(value as Name) ? (value as Name) : fallback;
}

function dayOr(value: unknown, fallback: string): string {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return fallback;
  return isoDay(parseUtc(value)) === value ? value : fallback;
}

/** Reads an address; whatever is missing or makes no sense takes its default. */
export function readState(query: QueryValues): HistoryState {
  const state: HistoryState = {
    station:
      typeof query["station"] === "string" && query["station"] ? query["station"] : ALL_STATIONS,
    by: oneOf(GRANULARITIES, query["by"], DEFAULT_STATE.by),
    rule: oneOf(RULES, query["rule"], DEFAULT_STATE.rule),
    layer: oneOf(LAYERS, query["layer"], DEFAULT_STATE.layer),
    from: dayOr(query["from"], ""),
    to: dayOr(query["to"], ""),
    view: oneOf(VIEWS, query["view"], DEFAULT_STATE.view),
    zoom: zoomText(readZoom(query["zoom"])),
  };
  if (state.from && state.to && state.to < state.from) state.to = state.from;
  return state;
}

/** Writes an address that says everything, so that a copied link shows the same picture later. */
export function writeState(state: HistoryState): Record<string, string> {
  const query: Record<string, string> = { ...state };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}

/** What to ask the API for; whole periods, so that no month or year is shown in part. */
export function toRequest(state: HistoryState): SeriesRequest {
  const lastDay = parseUtc(state.to);
  return {
    station: state.station,
    by: state.by,
    rule: state.rule,
    layer: state.layer,
    from: state.by === "hour" ? parseUtc(state.from) : startOf(state.by, parseUtc(state.from)),
    to: state.by === "hour" ? lastDay + DAY_MS : nextPeriod(state.by, startOf(state.by, lastDay)),
  };
}

/** Rows, and hours behind them, that a complete series of this state would have. */
export function expectedOf(state: HistoryState): { rows: number; hours: number } {
  const { by, from, to } = toRequest(state);
  return { rows: periodCount(by, from, to), hours: periodCount("hour", from, to) };
}

/** How a period is best shown where nobody said it: a month or less by hour. */
export function sensibleBy(first: number | null, last: number): Granularity {
  const { from, to } = defaultPeriod(first, last);
  return parseUtc(to) - parseUtc(from) < 31 * DAY_MS ? "hour" : "day";
}

/** The year that ends the data, as far as the data goes: a period that is never empty by accident. */
export function defaultPeriod(first: number | null, last: number): { from: string; to: string } {
  const from = startOf("year", last);
  return { from: isoDay(first === null ? from : Math.max(from, startOf("day", first))), to: isoDay(last) };
}

/** The period a station is opened with; by year one year would be one point, by season four, so it is the whole record. */
export function openingPeriod(
  by: Granularity,
  first: number | null,
  last: number,
): { from: string; to: string } {
  if ((by !== "year" && by !== "season") || first === null) return defaultPeriod(first, last);
  return { from: isoDay(first), to: isoDay(last) };
}

/** The same length of time, one length earlier (-1) or later (+1); whole years and months stay whole. */
export function shiftPeriod(from: string, to: string, direction: -1 | 1): { from: string; to: string } {
  const start = new Date(parseUtc(from));
  const end = new Date(parseUtc(to) + DAY_MS);
  const months =
    (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
  if (start.getUTCDate() === 1 && end.getUTCDate() === 1 && months > 0) {
    const moved = (date: Date): number =>
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + direction * months, 1);
    return { from: isoDay(moved(start)), to: isoDay(moved(end) - DAY_MS) };
  }
  const length = (end.getTime() - start.getTime()) * direction;
  return { from: isoDay(start.getTime() + length), to: isoDay(end.getTime() + length - DAY_MS) };
}
