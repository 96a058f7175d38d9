/** The API, typed. Addresses derive from the document's own, so they hold under any prefix. */

import type { components, paths } from "./generated/api";
import { answered, type Problem, unanswered } from "./problems";
import type { Layer, Rule } from "./rules";
import { type Granularity, isoTime, parseUtc } from "./time";
import { unitsQuery } from "./units";
import { UTC, zoneOf } from "./zone";

/** Station id that stands for the mean of all stations. */
export const ALL_STATIONS = "all";
/** Rows of one answer at most; longer series come page by page, a CSV is whole. */
export const PAGE_LIMIT = 10_000;
/** Longer than the API itself waits for MySQL. */
const PATIENCE_MS = 30_000;

export type Schemas = components["schemas"];
export type Station = Schemas["Station"];
export type StationDetail = Schemas["StationDetail"];
export type Candidate = Schemas["Candidate"];
export type Country = Schemas["Country"];
export type PipelineAnswer = Schemas["Pipeline"];
export type LedgerLine = Schemas["LedgerLine"];
export type LedgerState = Schemas["LedgerState"];
export type DeadlineState = Schemas["DeadlineState"];
export type RefusedFiles = Schemas["RefusedFiles"];
export type RolledBackModels = Schemas["RolledBackModels"];
export type Reconciliation = Schemas["Reconciliation"];
export type LayerFreshness = Schemas["LayerFreshness"];

type StationRow = Schemas["Hour"] & Schemas["Day"] & Schemas["Month"] & Schemas["Season"] & Schemas["Year"];
type GlobalRow = Schemas["GlobalHour"] & Schemas["GlobalDay"] & Schemas["GlobalMonth"] & Schemas["GlobalSeason"] & Schemas["GlobalYear"];
type Shared = keyof (Schemas["Hour"] | Schemas["Day"] | Schemas["GlobalHour"] | Schemas["GlobalDay"]);

/** A row of any series: what all of them carry, and what those of a station, of all, or of hours do. */
export type SummaryRow = Pick<StationRow, Shared> & Partial<Omit<StationRow & GlobalRow, Shared>>;

/** A row with its period's first instant, in milliseconds. */
export type Point = SummaryRow & { start: number };

export interface Page<Row> {
  data: Row[];
  meta: Schemas["Meta"];
  next: string | null;
}

/** No success: the message is a sentence for people, `problem` says the same in parts. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;
  /** Stations that may be meant, where the one asked for is none. */
  readonly candidates: Candidate[];

  constructor(status: number, problem: Problem, candidates: Candidate[] = []) {
    super(`${problem.title}. ${problem.text}`);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
    this.candidates = candidates;
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

export const ROUTE: Record<Granularity, string> = {
  hour: "hourly",
  day: "daily",
  month: "monthly",
  season: "seasonal",
  year: "yearly",
};

export type Query = Record<string, string | number | null | undefined>;

/** Address of a route of the API, relative to where this page was served from. */
export function apiUrl(route: string, query: Query = {}, base: string = document.baseURI): string {
  const url = new URL(`api/v1/${route}`, new URL(".", base.split("#")[0]));
  for (const [name, value] of Object.entries(query)) {
    if (value != null && value !== "") url.searchParams.set(name, String(value));
  }
  return url.href;
}

export async function getJson<Body>(url: string, signal?: AbortSignal): Promise<Body> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const both = signal ? AbortSignal.any([signal, patience]) : patience;
  let response: Response;
  try {
    response = await fetch(url, { headers: { Accept: "application/json" }, signal: both });
    if (response.ok) return (await response.json()) as Body;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, unanswered(patience.aborted));
  }
  const refusal = await refusalOf(response);
  throw new ApiError(response.status, answered(response.status, url, refusal.accepted), refusal.candidates);
}

/** What a refusal says would have been accepted, and which stations may have been meant. */
async function refusalOf(response: Response): Promise<{ accepted: string; candidates: Candidate[] }> {
  try {
    const { detail, candidates = [] } = (await response.json()) as { detail?: unknown; candidates?: Candidate[] };
    return { accepted: typeof detail === "string" ? detail.replace(/\.$/, "") : "", candidates };
  } catch {
    return { accepted: "", candidates: [] }; // Not JSON: the status is all there is.
  }
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
  };
}

/** By which clock a CSV of hours is asked for; of UTC nothing is said. */
export function zoneQuery(by: Granularity): string | undefined {
  return zoneOf(by) === UTC ? undefined : zoneOf(by);
}

/** Where the same numbers can be downloaded as CSV, all of them, in the unit of the page and by its clock. */
export function csvUrl(request: SeriesRequest): string {
  return apiUrl(seriesRoute(request.station, request.by), { ...seriesQuery(request), ...unitsQuery(), tz: zoneQuery(request.by), format: "csv" });
}

export function toPoint(row: SummaryRow): Point {
  return { ...row, start: parseUtc(row.hour_start ?? row.day ?? row.month ?? row.season ?? row.year ?? "") };
}

/** Every row of a series, page after page, in order of time. */
export async function fetchSeries(request: SeriesRequest, signal?: AbortSignal): Promise<Point[]> {
  const route = seriesRoute(request.station, request.by);
  const points: Point[] = [];
  let cursor: string | null = null;
  do {
    const query: Query = { ...seriesQuery(request), limit: PAGE_LIMIT, cursor: cursor ?? undefined };
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

type StationParameters = NonNullable<paths["/api/v1/stations"]["get"]["parameters"]["query"]>;
export type StationQuery = Pick<StationParameters, "query" | "country" | "limit">;

export function fetchStations(query: StationQuery, signal?: AbortSignal): Promise<Page<Station>> {
  return getJson(apiUrl("stations", { limit: 50, ...query }), signal);
}

/** The station of this id or code; an ApiError 404 or 409 names those that may be meant. */
export async function fetchStation(id: string, signal?: AbortSignal): Promise<StationDetail> {
  const route = `stations/${encodeURIComponent(id)}`;
  return (await getJson<Schemas["OneStation"]>(apiUrl(route), signal)).data;
}

/** Every country that has stations. */
export async function fetchCountries(signal?: AbortSignal): Promise<Country[]> {
  return (await getJson<Page<Country>>(apiUrl("countries"), signal)).data;
}

export function fetchPipeline(signal?: AbortSignal): Promise<PipelineAnswer> {
  return getJson(apiUrl("pipeline"), signal);
}
