/** What is usual at a station, and how far a period was from it. */

import { apiUrl, getJson, type Page, type Schemas } from "./api";
import type { Rule } from "./rules";
import { type Granularity, isoTime, nextPeriod, parseUtc } from "./time";
import { type Units, unitsQuery } from "./units";

export type Normal = Schemas["Normal"];
export type Anomaly = Schemas["Anomaly"];
export type Reference = Schemas["ReferenceYears"];
/** Periods that have something usual; an hour has not. */
export type ClimatePeriod = Exclude<Granularity, "hour">;

/** With fewer years the mean of a month is a matter of chance: nothing is called usual. */
export const LEAST_YEARS = 5;

export interface Climate<Row> extends Page<Row> {
  meta: Page<Row>["meta"] & { reference: Reference | null };
}

/** Where a route about a station's climate is. */
export function climateUrl(station: string, route: string, query: Record<string, string | number | undefined>): string {
  return apiUrl(`stations/${encodeURIComponent(station)}/${route}`, query);
}

export function fetchNormals(station: string, by: "month" | "day", rule: Rule, signal?: AbortSignal): Promise<Climate<Normal>> {
  return getJson(climateUrl(station, "normals", { by, rule }), signal);
}

/** What else an address says: a file is whole and in the unit of the page, an answer to draw has so many rows at most. */
export function asked(format?: "csv", limit?: number): { format?: "csv"; units?: Units; limit?: number } {
  return format ? { format, ...unitsQuery() } : limit === undefined ? {} : { limit };
}

export interface Span {
  /** First instant, and first instant after it; null for all there is. */
  from: number | null;
  to: number | null;
}

export function anomaliesUrl(station: string, period: ClimatePeriod, { from, to }: Span, rule: Rule, format?: "csv"): string {
  const [first, end] = [from, to].map((one) => (one === null ? undefined : isoTime(one)));
  return climateUrl(station, "anomalies", { period, from: first, to: end, rule, ...asked(format, 10_000) });
}

export function fetchAnomalies(
  station: string,
  period: ClimatePeriod,
  span: Span,
  rule: Rule,
  signal?: AbortSignal,
): Promise<Climate<Anomaly>> {
  return getJson(anomaliesUrl(station, period, span, rule), signal);
}

/** What is usual for one period, degrees Celsius: mean of the days' minima, of their means, of their maxima. */
export interface Usual {
  low_c: number;
  mean_c: number;
  high_c: number;
  /** Years behind it, the fewest of its months. */
  years: number;
}

const DAYS_AROUND = 15;

function keyOf({ month, day }: Pick<Normal, "month" | "day">): string {
  return day === null ? String(month) : `${month}-${day}`;
}

/** Keys of the rows that make a period: its day, or its months. */
function keysOf(by: ClimatePeriod, start: number): string[] {
  const date = new Date(start);
  if (by === "day") return [keyOf({ month: date.getUTCMonth() + 1, day: date.getUTCDate() })];
  const keys: string[] = [];
  for (let month = start; month < nextPeriod(by, start); month = nextPeriod("month", month)) {
    keys.push(keyOf({ month: new Date(month).getUTCMonth() + 1, day: null }));
  }
  return keys;
}

function yearsOf({ month, day, count }: Normal): number {
  const days = day === null ? new Date(Date.UTC(2001, month, 0)).getUTCDate() : DAYS_AROUND;
  return Math.round(count / days);
}

/** What is usual for the period that begins at an instant; null where a month of it was never observed. */
export function usualOf(normals: readonly Normal[]): (by: ClimatePeriod, start: number) => Usual | null {
  const known = new Map(normals.map((row) => [keyOf(row), row]));
  return (by, start) => {
    const rows = keysOf(by, start).map((key) => known.get(key));
    const mean = (value: (row: Normal) => number | null): number => {
      return rows.reduce((sum, row) => sum + value(row!)!, 0) / rows.length;
    };
    if (!rows.every((row) => row && row.mean_min_c !== null && row.mean_max_c !== null)) return null;
    return {
      low_c: mean((row) => row.mean_min_c),
      mean_c: mean((row) => row.mean_c),
      high_c: mean((row) => row.mean_max_c),
      years: Math.min(...rows.map((row) => yearsOf(row!))),
    };
  };
}

/** By the first instant of each period. */
export function byStart(anomalies: readonly Anomaly[]): Map<number, Anomaly> {
  return new Map(anomalies.map((row) => [parseUtc(row.period), row]));
}
