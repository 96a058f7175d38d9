/** The forecast page's state in its address, what it asks for, and what is to be said of a forecast. */

import { apiUrl, getJson, type Page, type Schemas } from "./api";
import { asked } from "./climate";
import { difference, temperature } from "./format";
import { zonedLabel } from "./dates";
import { common } from "./locale/common";
import { forecastText as t } from "./locale/forecast";
import { HOUR_MS, isoTime, parseUtc } from "./time";
import { degrees } from "./units";

export type ForecastHour = Schemas["ForecastHour"];
export type ForecastMeta = Schemas["ForecastMeta"];
export type LeadScores = Schemas["LeadScores"];
export type ScoresMeta = Schemas["StationScoresMeta"];
export type Kind = NonNullable<ForecastMeta["kind"]>;

export interface Forecast extends Page<ForecastHour> {
  meta: ForecastMeta;
}
export interface ScoreTable extends Page<LeadScores> {
  meta: ScoresMeta;
}
export interface AllScores extends Page<Schemas["StationScores"]> {
  meta: Schemas["AllScoresMeta"];
}

export const BASELINES = ["yesterday", "climatology", "damped14"] as const;
export type Baseline = (typeof BASELINES)[number];

export const REACHES = ["24", "96"] as const;
export type Reach = (typeof REACHES)[number];
export const FORECAST_VIEWS = ["chart", "table", "skill"] as const;
export type ForecastViewName = (typeof FORECAST_VIEWS)[number];

export interface ForecastState {
  /** Empty: none is chosen yet. */
  station: string;
  reach: Reach;
  /** The hour the forecast was made at or before, 2014-01-01T05:00:00Z; empty for the newest. */
  origin: string;
  view: ForecastViewName;
  /** Lines drawn beside the forecast. */
  beside: readonly Baseline[];
}

function oneOf<Name extends string>(names: readonly Name[], value: unknown, fallback: Name): Name {
  return names.includes(value as Name) ? (value as Name) : fallback;
}

export function readForecastState(query: Record<string, unknown>): ForecastState {
  const { station, origin, beside } = query;
  const named = typeof beside === "string" ? beside.split(",") : ["yesterday"];
  return {
    station: typeof station === "string" && station !== "all" ? station : "",
    reach: oneOf(REACHES, query["hours"], "24"),
    origin: typeof origin === "string" && /^\d{4}-\d\d-\d\dT\d\d:00:00Z$/.test(origin) ? origin : "",
    view: oneOf(FORECAST_VIEWS, query["view"], "chart"),
    beside: BASELINES.filter((name) => named.includes(name)),
  };
}

export function writeForecastState(state: ForecastState): Record<string, string> {
  const { station, reach, origin, view, beside } = state;
  const query: Record<string, string> = { station, hours: reach, origin, view };
  const said = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
  return { ...said, beside: beside.join(",") || "none" };
}

function route(station: string): string {
  return `stations/${encodeURIComponent(station)}/forecast`;
}

export function forecastUrl(state: ForecastState, format?: "csv"): string {
  return apiUrl(route(state.station), { hours: state.reach, origin: state.origin, ...asked(format) });
}

export function scoresUrl(station: string, format?: "csv"): string {
  return apiUrl(`${route(station)}/scores`, asked(format));
}

export function fetchForecast(state: ForecastState, signal?: AbortSignal): Promise<Forecast> {
  return getJson(forecastUrl(state), signal);
}

/** The next 24 hours of the newest forecast of a kind made at or before an hour, 2014-01-01T05:00:00Z. */
export function fetchForecastAt(station: string, origin: string, kind: Kind, signal?: AbortSignal): Promise<Forecast> {
  return getJson(apiUrl(route(station), { hours: "24", origin, kind }), signal);
}

/** Every station that has scores, 500 at most. */
export function fetchAllScores(signal?: AbortSignal): Promise<AllScores> {
  return getJson(apiUrl("forecast/scores", { limit: 500 }), signal);
}

export function fetchScores(station: string, signal?: AbortSignal): Promise<ScoreTable> {
  return getJson(scoresUrl(station), signal);
}

/** An origin so many hours earlier or later. */
export function movedOrigin(origin: string, hours: number): string {
  return isoTime(parseUtc(origin) + hours * HOUR_MS);
}

function mean(values: readonly number[]): number | null {
  return values.length ? values.reduce((sum, one) => sum + one, 0) / values.length : null;
}

/**
 * The finding: the mean of the next day beside that of the hours of the day before, over hours that both have,
 * and how sure an hour is. Null where there is too little to say it.
 */
export function finding(rows: readonly ForecastHour[]): string | null {
  const day = rows.filter((row) => row.lead_h <= 24 && row.temperature_c !== null && row.yesterday_c !== null);
  const change = mean(day.map((row) => row.temperature_c! - row.yesterday_c!));
  if (change === null || day.length < 8) return null;
  const isSame = Math.abs(change) < 0.05;
  const by = `${difference(Math.abs(change))} ${degrees.value}`;
  const said = isSame ? t.asWarm : change < 0 ? t.colder(by) : t.warmer(by);
  const widths = day.flatMap((row) => (row.low_c !== null && row.high_c !== null ? [(row.high_c - row.low_c) / 2] : []));
  const half = mean(widths);
  return half === null ? said : said + t.within(`${difference(half)} ${degrees.value}`);
}

/** What made a value, in the language of the page where that is known. */
export function methodText(row: ForecastHour): string {
  return t.methods[row.method] ?? row.method_text;
}

/** What made the values, the commonest first: "the station's own model (20 of 24 hours), fallback: …". */
export function methodsText(rows: readonly ForecastHour[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(methodText(row), (counts.get(methodText(row)) ?? 0) + 1);
  const ordered = [...counts].sort(([, one], [, other]) => other - one);
  if (ordered.length === 1) return t.madeBy(ordered[0]![0]);
  return ordered.length ? t.madeBy(ordered.map(([text, count]) => t.ofValues(text, count, rows.length)).join("; ")) : "";
}

/** Whether a baseline has a value at all; without one it cannot be drawn. */
export function isKnown(rows: readonly ForecastHour[], one: Baseline): boolean {
  return rows.some((row) => row[`${one}_c`] !== null);
}

/** An hour of the forecast as a sentence, with the baselines drawn beside it. */
export function hourText(row: ForecastHour, beside: readonly Baseline[]): string {
  const interval = row.low_c === null ? "" : ` (${t.interval(temperature(row.low_c), temperature(row.high_c))})`;
  const came = row.observed_c === null ? "" : t.observedIs(`${temperature(row.observed_c)} ${degrees.value}`);
  const others = beside.map((one) => `, ${t.baselinesIn[one]} ${temperature(row[`${one}_c`])}`);
  const when = t.ahead(zonedLabel("hour", parseUtc(row.valid_at)), row.lead_h);
  const value = `${temperature(row.temperature_c)} ${degrees.value}${interval}${came}${others.join("")}`;
  return `${common.titled(when, value)}. ${methodText(row)}`;
}
