/** What each station has of each day: the heat map's rows, and what its letters mean. */

import { apiUrl, getJson, type Page, type Schemas } from "../api";
import { common } from "../locale/common";
import { pageText as t } from "../locale/pipelinePage";
import { DAY_MS, isoDay, parseUtc } from "../time";

export type StationDays = Schemas["StationCompleteness"];
export type DaysPage = Page<StationDays> & { meta: Schemas["CompletenessMeta"] };

export const PAGE_STATIONS = 50;
export const HOURS_OF_A_DAY = 24;
/** The longest range the API answers. */
export const MAX_DAYS = 400;

/** The letters of days without hours, the most urgent first. */
export const REASONS = ["f", "l", "m", "p", "n", "q", "u"] as const;
export type Reason = (typeof REASONS)[number];

/** Days that a fill may bring something for. */
export const FILLABLE = new Set(["f", "l", "m", "n", "t"]);

export interface DaysRequest {
  /** First day, in milliseconds. */
  from: number;
  /** Last day. */
  to: number;
  station: string;
  /** The station after which the page begins; empty: the first page. */
  after: string;
}

export function daysUrl(request: DaysRequest, format: "json" | "csv" = "json"): string {
  return apiUrl("completeness", {
    from: isoDay(request.from),
    to: isoDay(request.to + DAY_MS),
    ids: request.station,
    ...(format === "csv" ? { format } : { limit: PAGE_STATIONS, cursor: request.after }),
  });
}

export function fetchDays(request: DaysRequest, signal?: AbortSignal): Promise<DaysPage> {
  return getJson(daysUrl(request), signal);
}

export function nameOf(row: StationDays): string {
  return row.name ?? row.station_id;
}

/** "8 of 24 hours", and why where it has none. */
export function dayText(row: StationDays, at: number, meanings: Record<string, string>): string {
  const hours = row.hours[at] ?? 0;
  const state = row.states[at] ?? "q";
  const why = hours && state !== "t" ? "" : (t.meanings[state] ?? meanings[state] ?? "");
  const said = t.ofHours(hours, HOURS_OF_A_DAY);
  return why ? common.titled(said, why) : said;
}

export interface RowSummary {
  row: StationDays;
  /** Share of the hours of the days that can be there. */
  share: number;
  byState: Record<string, number>;
}

/** Each station in numbers; days not published yet are left out of the share. */
export function summaryOf(row: StationDays): RowSummary {
  const byState: Record<string, number> = {};
  let hours = 0;
  let days = 0;
  for (const [at, state] of [...row.states].entries()) {
    byState[state] = (byState[state] ?? 0) + 1;
    if (state === "u") continue;
    hours += row.hours[at] ?? 0;
    days += 1;
  }
  return { row, share: days ? hours / (days * HOURS_OF_A_DAY) : 0, byState };
}

/** Days of each reason over all rows. */
export function totalsOf(rows: readonly StationDays[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { byState } of rows.map(summaryOf)) {
    for (const [state, days] of Object.entries(byState)) totals[state] = (totals[state] ?? 0) + days;
  }
  return totals;
}

export function firstDayOf(meta: DaysPage["meta"]): number {
  return parseUtc(meta.first_day);
}
