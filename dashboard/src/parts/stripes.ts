/** What the Stripes tab shows: a stripe per period by its anomaly, or the hours of a year by their temperature. */

import { anomalyText } from "../chart/anomalyOptions";
import { fetchSeries, type Point } from "../api";
import { type Anomaly, anomaliesUrl, byStart, type Climate, fetchAnomalies, fetchNormals, LEAST_YEARS, usualOf } from "../climate";
import { counted, signed, temperature } from "../format";
import type { Rule } from "../rules";
import { periodLabel } from "../dates";
import { common } from "../locale/common";
import { stripesText as t } from "../locale/parts";
import { DAY_MS, HOUR_MS, nextPeriod } from "../time";
import { degrees } from "../units";
import { oneOf, type QueryValues, ruleOf, said, textOf } from "./address";

export const PICTURES = ["stripes", "hours"] as const;
export const STRIPE_PERIODS = ["year", "season", "month"] as const;
export const PICTURE_VIEWS = ["chart", "table"] as const;

export interface StripesState {
  station: string;
  rule: Rule;
  picture: (typeof PICTURES)[number];
  by: (typeof STRIPE_PERIODS)[number];
  /** Of the hours; empty for the station's newest. */
  year: string;
  view: (typeof PICTURE_VIEWS)[number];
}

export function readStripes(query: QueryValues): StripesState {
  const [station, year] = [textOf(query["station"]), textOf(query["year"])];
  return {
    station: station === "all" ? "" : station,
    rule: ruleOf(query["rule"]),
    picture: oneOf(PICTURES, query["picture"], "stripes"),
    by: oneOf(STRIPE_PERIODS, query["by"], "year"),
    year: /^(17|18|19|20|21)\d\d$/.test(year) ? year : "",
    view: oneOf(PICTURE_VIEWS, query["view"], "chart"),
  };
}

export function writeStripes(state: StripesState): Record<string, string> {
  return said({ ...state });
}

/** Cells of a picture, column by column, and how each is said. */
export interface Cells {
  columns: number;
  rows: number;
  /** What decides the colour, degrees Celsius; null is missing. */
  value: (column: number, row: number) => number | null;
  isWeak: (column: number, row: number) => boolean;
  say: (column: number, row: number) => string;
}

export interface Stripe {
  start: number;
  row: Anomaly | null;
}

/** Every period from the first to the last that has an anomaly. */
export function stripesOf(anomalies: readonly Anomaly[], by: StripesState["by"]): Stripe[] {
  const known = byStart(anomalies);
  const starts = [...known.keys()].sort((one, other) => one - other);
  const stripes: Stripe[] = [];
  for (let start = starts[0] ?? 0; start <= (starts.at(-1) ?? -1); start = nextPeriod(by, start)) {
    stripes.push({ start, row: known.get(start) ?? null });
  }
  return stripes;
}

export function stripeCells(stripes: readonly Stripe[], by: StripesState["by"]): Cells {
  return {
    columns: stripes.length,
    rows: 1,
    value: (column) => stripes[column]?.row?.anomaly_c ?? null,
    isWeak: (column) => stripes[column]?.row?.grade === "weak",
    say: (column) => (stripes[column] ? anomalyText(stripes[column], by) : ""),
  };
}

/** The colours' ends: whole degrees, no less than one, beyond which no stripe that is not weak lies. */
export function reachOf(stripes: readonly Stripe[]): number {
  const values = stripes.flatMap(({ row }) => (row && row.grade !== "weak" ? [Math.abs(row.anomaly_c)] : []));
  return Math.max(1, Math.ceil(Math.max(0, ...values)));
}

/** "warmest 2024 (+1.4 °C), coolest 2019 (−1.6 °C), of 8 whole years"; null where there are too few. */
export function stripesText(stripes: readonly Stripe[], by: StripesState["by"]): string | null {
  const good = stripes.filter((one): one is { start: number; row: Anomaly } => one.row?.grade === "good");
  if (good.length < 3) return null;
  const [first] = good;
  const warmest = good.reduce((one, other) => (other.row.anomaly_c > one.row.anomaly_c ? other : one), first!);
  const coolest = good.reduce((one, other) => (other.row.anomaly_c < one.row.anomaly_c ? other : one), first!);
  const told = ({ start, row }: { start: number; row: Anomaly }): string => `${periodLabel(by, start)} (${signed(row.anomaly_c)} ${degrees.value})`;
  const whole = { year: "wholeYear", season: "wholeSeason", month: "wholeMonth" } as const;
  return t.finding(told(warmest), told(coolest), counted(good.length, whole[by]));
}

/** Hours of a year on a grid: a column per day, a row per hour, midnight UTC at the top. */
export function hourCells(points: readonly Point[], year: number): Cells {
  const start = Date.UTC(year, 0, 1);
  const days = (Date.UTC(year + 1, 0, 1) - start) / DAY_MS;
  const values: (number | null)[] = new Array<number | null>(days * 24).fill(null);
  for (const point of points) {
    const at = (point.start - start) / HOUR_MS;
    if (at >= 0 && at < values.length) values[at] = point.mean_c;
  }
  const value = (column: number, row: number): number | null => values[24 * column + row] ?? null;
  return {
    columns: days,
    rows: 24,
    value,
    isWeak: () => false,
    say: (column, row) => {
      const found = value(column, row);
      const when = `${periodLabel("hour", start + column * DAY_MS + row * HOUR_MS)} UTC`;
      return common.titled(when, found === null ? common.noDataHere : `${temperature(found)} ${degrees.value}`);
    },
  };
}

export function fetchHours({ station, rule, year }: StripesState, signal: AbortSignal): Promise<Point[]> {
  const [from, to] = [Date.UTC(Number(year), 0, 1), Date.UTC(Number(year) + 1, 0, 1)];
  return fetchSeries({ station, rule, by: "hour", layer: "best", from, to }, signal);
}

const ALL = { from: null, to: null };

/** Anomalies of all periods; none where there are too few years to say what is usual, which is the number that comes with it. */
export async function fetchStripes({ station, rule, by }: StripesState, signal: AbortSignal): Promise<{ stripes: Stripe[]; years: number; reference: Climate<Anomaly>["meta"]["reference"] }> {
  const [normals, anomalies] = await Promise.all([fetchNormals(station, "month", rule, signal), fetchAnomalies(station, by, ALL, rule, signal)]);
  const find = usualOf(normals.data);
  const years = Math.max(0, ...Array.from({ length: 12 }, (_, month) => find("month", Date.UTC(2001, month, 1))?.years ?? 0));
  return { stripes: years < LEAST_YEARS ? [] : stripesOf(anomalies.data, by), years, reference: anomalies.meta.reference };
}

export function stripesCsv({ station, rule, by }: StripesState): string {
  return anomaliesUrl(station, by, ALL, rule, "csv");
}

/** The year of a day the API writes. */
export function yearOf(text: string): string {
  return text.slice(0, 4);
}
