/** What the Data page asks of the API: its choices as an address, as lines for programs, and back from the page's own address. */

import { apiUrl, type Query } from "./api";
import { LAYERS, type Layer, type Rule, RULES } from "./rules";
import { DAY_MS, type Granularity, isoDay, parseUtc, periodCount } from "./time";
import { UNITS, type Units } from "./units";

export const PERIODS = ["hourly", "daily", "monthly", "seasonal", "yearly"] as const;
export type Period = (typeof PERIODS)[number];
export const FORMATS = ["csv", "parquet", "json"] as const;
export type Format = (typeof FORMATS)[number];
export const UTC = "UTC";
/** More in one answer the API does not take. */
export const MOST_STATIONS = 20;

export interface DataQuery {
  /** Ids in the order chosen; none: all stations together. */
  stations: string[];
  by: Period;
  /** First and last UTC day, both included; empty: all there is. */
  from: string;
  to: string;
  rule: Rule;
  layer: Layer;
  units: Units;
  /** By whose clock times are written. */
  tz: string;
  format: Format;
}

function oneOf<Name extends string>(names: readonly Name[], value: unknown, fallback: Name): Name {
  return names.includes(value as Name) ? (value as Name) : fallback;
}

function day(value: unknown): string {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return "";
  return isoDay(parseUtc(value)) === value ? value : "";
}

/** Reads the page's address; `station` of other pages counts as one chosen. */
export function readQuery(query: Record<string, unknown>): DataQuery {
  const named = typeof query["stations"] === "string" ? query["stations"] : query["station"];
  const stations = typeof named === "string" ? named.split(",").filter((one) => one && one !== "all") : [];
  const [from, to] = [day(query["from"]), day(query["to"])];
  return {
    stations: [...new Set(stations)].slice(0, MOST_STATIONS),
    by: oneOf(PERIODS, query["by"], "daily"),
    from,
    to: from && to && to < from ? from : to,
    rule: oneOf(RULES, query["rule"], "routine"),
    layer: oneOf(LAYERS, query["layer"], "best"),
    units: oneOf(UNITS, query["units"], "metric"),
    tz: typeof query["tz"] === "string" && query["tz"] ? query["tz"] : UTC,
    format: oneOf(FORMATS, query["format"], "csv"),
  };
}

/** The page's address: what differs from the usual. */
export function writeQuery(query: DataQuery): Record<string, string> {
  const usual = readQuery({});
  const text: Record<string, string> = { ...query, stations: query.stations.join(",") };
  return Object.fromEntries(Object.entries(text).filter(([name, value]) => value && value !== usual[name as keyof DataQuery]));
}

/** Where the API has it. */
export function addressOf(query: DataQuery): string {
  const { stations, by, from, to, rule, layer, units, tz, format } = query;
  const [first, ...others] = stations;
  const parameters: Query = {
    ...(others.length && { ids: stations.join(",") }),
    from,
    // The API's ranges end before their end.
    to: to && isoDay(parseUtc(to) + DAY_MS),
    rule,
    layer: layer === "best" ? undefined : layer,
    units: units === "metric" ? undefined : units,
    tz: tz === UTC ? undefined : tz,
    format: format === "json" ? undefined : format,
  };
  if (!first) return apiUrl(`global/${by}`, parameters);
  return apiUrl(others.length ? `stations/${by}` : `stations/${encodeURIComponent(first)}/${by}`, parameters);
}

const STEP: Record<Period, [Granularity, number]> = {
  hourly: ["hour", 1], daily: ["day", 1], monthly: ["month", 1], seasonal: ["month", 3], yearly: ["year", 1],
};

/** Rows there are at most; null without both ends of the period. */
export function mostRows({ stations, by, from, to }: DataQuery): number | null {
  if (!from || !to) return null;
  const [unit, each] = STEP[by];
  // A season that is cut at both ends is one more.
  const periods = Math.ceil(periodCount(unit, parseUtc(from), parseUtc(to) + DAY_MS) / each) + (each > 1 ? 1 : 0);
  return Math.max(1, stations.length) * periods;
}

/** Every zone this browser knows, for the list of suggestions. */
export function knownZones(): string[] {
  return [UTC, ...Intl.supportedValuesOf("timeZone").filter((one) => one.includes("/"))];
}
