/** The API, typed. Addresses derive from the document's own, so they hold under any prefix. */

import type { Layer, Rule } from "./rules";
import { type Granularity, isoTime, parseUtc } from "./time";

/** Station id that stands for the mean of all stations. */
export const ALL_STATIONS = "all";
/** Rows of one answer at most; longer series come page by page, a CSV is one page. */
export const PAGE_LIMIT = 10_000;

export interface Station {
  station_id: string;
  name: string | null;
  country: string | null;
  state?: string | null;
  icao?: string | null;
  latitude_deg: number | null;
  longitude_deg: number | null;
  elevation_m: number | null;
  first_observed_at: string | null;
  last_observed_at: string | null;
  hour_count?: number | null;
  aliases?: string[];
}

/** What every summary row carries, of one station or of all. */
export interface SummaryRow {
  station_id?: string | null;
  hour_start?: string;
  day?: string;
  month?: string;
  year?: number;
  observation_count: number;
  station_count?: number;
  hour_count?: number;
  min_c: number | null;
  mean_c: number | null;
  max_c: number | null;
  layer: string;
  rule: string;
  dataset?: string;
  updated_at?: string;
  version?: number | null;
  [reasonCount: `${string}_count`]: number | undefined;
}

/** A row with its period's first instant, in milliseconds. */
export interface Point extends SummaryRow {
  start: number;
}

export interface Page<Row> {
  data: Row[];
  meta: Record<string, unknown>;
  next: string | null;
}

/** An answer that is not a success; the message says what the API said. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

export interface SeriesRequest {
  station: string;
  by: Granularity;
  rule: Rule;
  layer: Layer;
  /** First instant. */
  from: number;
  /** First instant after the period. */
  to: number;
}

const ROUTE: Record<Granularity, string> = {
  hour: "hourly",
  day: "daily",
  month: "monthly",
  year: "yearly",
};

export type Query = Record<string, string | number | undefined>;

/** Address of a route of the API, relative to where this page was served from. */
export function apiUrl(route: string, query: Query = {}, base: string = document.baseURI): string {
  const url = new URL(`api/v1/${route}`, new URL(".", base.split("#")[0]));
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url.href;
}

async function getJson<Body>(url: string, signal?: AbortSignal): Promise<Body> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { Accept: "application/json" }, signal: signal ?? null });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The API does not answer. Check that Isotherm runs (./isotherm status).");
  }
  if (!response.ok) throw new ApiError(response.status, await problemOf(response));
  return (await response.json()) as Body;
}

async function problemOf(response: Response): Promise<string> {
  if (response.status === 401 || response.status === 403) {
    return "Your login has expired. Log in to Airflow again, then reload this page.";
  }
  try {
    const { detail } = (await response.json()) as { detail?: unknown };
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) {
      return detail.map((one: { msg?: string }) => one.msg ?? JSON.stringify(one)).join("; ");
    }
  } catch {
    // Not JSON: the status line is all there is.
  }
  return `The API answered ${response.status} ${response.statusText}. See ./isotherm logs api.`;
}

function seriesRoute(station: string, by: Granularity): string {
  const owner = station === ALL_STATIONS ? "global" : `stations/${encodeURIComponent(station)}`;
  return `${owner}/${ROUTE[by]}`;
}

function seriesQuery(request: SeriesRequest): Query {
  return {
    from: isoTime(request.from),
    to: isoTime(request.to),
    rule: request.rule,
    layer: request.layer === "best" ? undefined : request.layer,
    limit: PAGE_LIMIT,
  };
}

/** Where the same numbers can be downloaded as CSV. */
export function csvUrl(request: SeriesRequest): string {
  return apiUrl(seriesRoute(request.station, request.by), { ...seriesQuery(request), format: "csv" });
}

export function toPoint(row: SummaryRow): Point {
  return { ...row, start: parseUtc(row.hour_start ?? row.day ?? row.month ?? row.year ?? "") };
}

/** Every row of a series, page after page, in order of time. */
export async function fetchSeries(request: SeriesRequest, signal?: AbortSignal): Promise<Point[]> {
  const route = seriesRoute(request.station, request.by);
  const points: Point[] = [];
  let cursor: string | null = null;
  do {
    const query: Query = { ...seriesQuery(request), cursor: cursor ?? undefined };
    const page: Page<SummaryRow> = await getJson(apiUrl(route, query), signal);
    for (const row of page.data) points.push(toPoint(row));
    cursor = page.next;
  } while (cursor);
  return points.sort((one, other) => one.start - other.start);
}

/** Start of the first year any station has; null before the first import. */
export async function fetchFirstYear(): Promise<number | null> {
  const { data } = await getJson<Page<SummaryRow>>(apiUrl("global/yearly", { limit: 1 }));
  return data[0] ? toPoint(data[0]).start : null;
}

export interface StationQuery {
  query?: string;
  country?: string;
  limit?: number;
}

export function fetchStations(query: StationQuery, signal?: AbortSignal): Promise<Page<Station>> {
  return getJson(apiUrl("stations", { limit: 50, ...query }), signal);
}

/** The station of this id or alias; null where there is none. */
export async function fetchStation(id: string, signal?: AbortSignal): Promise<Station | null> {
  const { data } = await fetchStations({ query: id, limit: 20 }, signal);
  return (
    data.find((one) => one.station_id === id) ??
    data.find((one) => one.aliases?.includes(id)) ??
    null
  );
}

export function fetchPipeline(signal?: AbortSignal): Promise<Record<string, unknown>> {
  return getJson(apiUrl("pipeline"), signal);
}
