/** What the Compare tab shows: up to four stations in one period, or one station in two. */

import { apiUrl, fetchSeries, getJson, type Page, type Point, ROUTE, type SeriesRequest, type SummaryRow, toPoint, zoneQuery } from "../api";
import { periodName } from "../finding";
import { difference, temperature } from "../format";
import { compareText as t } from "../locale/parts";
import type { Rule } from "../rules";
import { DAY_MS, type Granularity, isoDay, isoTime, nextPeriod, parseUtc, startOf } from "../time";
import { degrees, unitsQuery } from "../units";
import { dayOf, oneOf, type QueryValues, ruleOf, said, textOf } from "./address";

export const MOST_STATIONS = 4;
export const COMPARED = ["stations", "periods"] as const;
export const COMPARE_BY = ["hour", "day", "month", "season", "year"] as const;
export const COMPARE_VALUES = ["mean", "min", "max"] as const;
export const COMPARE_VIEWS = ["chart", "table"] as const;

export interface CompareState {
  what: (typeof COMPARED)[number];
  /** Ids or codes, the first of them alone where periods are compared. */
  stations: readonly string[];
  by: Granularity;
  rule: Rule;
  value: (typeof COMPARE_VALUES)[number];
  view: (typeof COMPARE_VIEWS)[number];
  /** First and last day, both included; empty until the data's period is known. */
  from: string;
  to: string;
  /** First day of the second period, which is as long as the first; empty: a year before. */
  other: string;
}

export function readCompare(query: QueryValues): CompareState {
  const named = textOf(query["stations"]) || textOf(query["station"]);
  const [from, to] = [dayOf(query["from"]), dayOf(query["to"])];
  return {
    what: oneOf(COMPARED, query["what"], "stations"),
    stations: [...new Set(named.split(",").filter((one) => one && one !== "all"))].slice(0, MOST_STATIONS),
    by: oneOf(COMPARE_BY, query["by"], "month"),
    rule: ruleOf(query["rule"]),
    value: oneOf(COMPARE_VALUES, query["value"], "mean"),
    view: oneOf(COMPARE_VIEWS, query["view"], "chart"),
    from,
    to: from && to && to < from ? from : to,
    other: dayOf(query["other"]),
  };
}

export function writeCompare({ stations, ...state }: CompareState): Record<string, string> {
  return said({ ...state, stations: stations.join(","), station: stations[0] ?? "" });
}

/** An instant a period earlier: by whole months where the periods begin on a first, else by time. */
export function shifted(instant: number, from: number, other: number): number | null {
  const [first, second] = [new Date(from), new Date(other)];
  if (first.getUTCDate() !== second.getUTCDate() || first.getUTCDate() > 28) return instant + other - from;
  const months = (second.getUTCFullYear() - first.getUTCFullYear()) * 12 + second.getUTCMonth() - first.getUTCMonth();
  const date = new Date(instant);
  const month = date.getUTCMonth() + months;
  const moved = Date.UTC(date.getUTCFullYear(), month, date.getUTCDate()) + (instant % DAY_MS);
  // 29 February has no place in a year without one.
  return new Date(moved).getUTCDate() === date.getUTCDate() ? moved : null;
}

/** The first day of the second period: as the address has it, else a year before. */
export function otherDay({ from, other }: Pick<CompareState, "from" | "other">): string {
  if (other || !from) return other;
  const date = new Date(parseUtc(from));
  return isoDay(Date.UTC(date.getUTCFullYear() - 1, date.getUTCMonth(), Math.min(28, date.getUTCDate())));
}

/** What of a row is compared. */
export type Cell = Pick<Point, "grade" | "completeness"> & Partial<Record<"mean_c" | "min_c" | "max_c", number | null>>;

/** One line of the chart: a value per period of the first one, null where there is none. */
export interface Line {
  key: string;
  label: string;
  points: readonly (Cell | null)[];
}

export interface Comparison {
  /** First instant of each period. */
  starts: readonly number[];
  lines: readonly Line[];
}

export function valueOf(point: Cell | null, value: CompareState["value"]): number | null {
  return point?.[`${value}_c`] ?? null;
}

/** Which lines have a value at all. */
export function knownLines({ lines }: Comparison, value: CompareState["value"]): boolean[] {
  return lines.map(({ points }) => points.some((one) => valueOf(one, value) !== null));
}

/** Rows of several series on one axis, from the first to the last period of any. */
export function alignedLines(series: readonly { key: string; label: string; points: readonly (Cell & { start: number })[]; place: (start: number) => number | null }[], by: Granularity): Comparison {
  const placed = series.map(({ points, place }) => {
    return new Map(points.flatMap((point) => {
      const at = place(point.start);
      return at === null ? [] : [[at, point] as const];
    }));
  });
  const all = placed.flatMap((one) => [...one.keys()]);
  const [first, last] = [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
  const starts: number[] = [];
  for (let start = first; start <= last; start = nextPeriod(by, start)) starts.push(start);
  return { starts, lines: series.map(({ key, label }, at) => ({ key, label, points: starts.map((start) => placed[at]!.get(start) ?? null) })) };
}

function requestOf({ by, rule }: CompareState, station: string, from: number, end: number): SeriesRequest {
  const first = by === "hour" ? from : startOf(by, from);
  return { station, by, rule, layer: "best", from: first, to: by === "hour" ? end : nextPeriod(by, startOf(by, end - DAY_MS)) };
}

/** Where the rows of the stations are, all of them in one answer. */
export function stationsUrl(state: CompareState, more: Record<string, string | number | undefined>): string {
  const { from, to } = requestOf(state, "", parseUtc(state.from), parseUtc(state.to) + DAY_MS);
  return apiUrl(`stations/${ROUTE[state.by]}`, { ids: state.stations.join(","), from: isoTime(from), to: isoTime(to), rule: state.rule, ...more });
}

export function stationsCsv(state: CompareState): string {
  return stationsUrl(state, { ...unitsQuery(), tz: zoneQuery(state.by), format: "csv" });
}

/** What both periods ask for. */
export function periodRequests(state: CompareState): [SeriesRequest, SeriesRequest] {
  const [from, end] = [parseUtc(state.from), parseUtc(state.to) + DAY_MS];
  const other = parseUtc(otherDay(state));
  const otherEnd = shifted(end, from, other) ?? end + other - from;
  return [requestOf(state, state.stations[0]!, from, end), requestOf(state, state.stations[0]!, other, otherEnd)];
}

async function fetchStationLines(state: CompareState, names: ReadonlyMap<string, string>, signal: AbortSignal): Promise<Comparison> {
  const found = new Map<string, Point[]>();
  let cursor: string | null = null;
  let ids: readonly string[] = [];
  do {
    const page: Page<SummaryRow> = await getJson(stationsUrl(state, { limit: 10_000, cursor: cursor ?? undefined }), signal);
    ids = page.meta["station_ids"] as string[];
    for (const row of page.data) found.set(row.station_id!, [...(found.get(row.station_id!) ?? []), toPoint(row)]);
    cursor = page.next;
  } while (cursor);
  const series = ids.map((key) => ({ key, label: names.get(key) ?? key, points: found.get(key) ?? [], place: (start: number) => start }));
  return alignedLines(series, state.by);
}

function periodLabelOf({ from, to }: SeriesRequest): string {
  return periodName(isoDay(from), isoDay(to - DAY_MS), null);
}

async function fetchPeriodLines(state: CompareState, signal: AbortSignal): Promise<Comparison> {
  const [first, second] = periodRequests(state);
  const [one, other] = await Promise.all([fetchSeries(first, signal), fetchSeries(second, signal)]);
  const series = [
    { key: "first", label: periodLabelOf(first), points: one, place: (start: number) => start },
    { key: "second", label: periodLabelOf(second), points: other, place: (start: number) => shifted(start, second.from, first.from) },
  ];
  return alignedLines(series, state.by);
}

/** Every row of what is compared; `names` are those of the stations, by id. */
export function fetchComparison(state: CompareState, names: ReadonlyMap<string, string>, signal: AbortSignal): Promise<Comparison> {
  return state.what === "stations" ? fetchStationLines(state, names, signal) : fetchPeriodLines(state, signal);
}

/** Positions of the periods that all lines have. */
export function commonPeriods({ starts, lines }: Comparison, value: CompareState["value"]): number[] {
  return starts.map((_, at) => at).filter((at) => lines.every(({ points }) => valueOf(points[at]!, value) !== null));
}

/** Means over the periods that all lines have; null where there is no such period. */
export function commonMeans(comparison: Comparison, value: CompareState["value"]): number[] | null {
  const { lines } = comparison;
  const shared = commonPeriods(comparison, value);
  if (!shared.length) return null;
  return lines.map(({ points }) => shared.reduce((sum, at) => sum + valueOf(points[at]!, value)!, 0) / shared.length);
}

/** The finding, over the periods that all have; null where it cannot be said. */
export function comparisonText(comparison: Comparison, value: CompareState["value"]): string | null {
  const means = comparison.lines.length > 1 ? commonMeans(comparison, value) : null;
  if (!means) return null;
  const order = means.map((_, at) => at).sort((one, other) => means[other]! - means[one]!);
  const [top, bottom] = [order[0]!, order.at(-1)!];
  const name = (at: number): string => comparison.lines[at]!.label;
  const apart = means[top]! - means[bottom]!;
  if (means.length > 2) return t.ends[value](name(top), `${temperature(means[top])} ${degrees.value}`, name(bottom), temperature(means[bottom]));
  if (apart < 0.05) return t.same(name(top), name(bottom));
  return t.apart[value](name(top), `${difference(apart)} ${degrees.value}`, name(bottom));
}
