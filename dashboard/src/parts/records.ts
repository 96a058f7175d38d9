/** What the Records tab shows: extremes with their days, days beyond thresholds, longest runs of them. */

import { getJson, type Page, type Schemas } from "../api";
import { asked, climateUrl } from "../climate";
import { weakText } from "../chart/announce";
import { counted, temperature } from "../format";
import type { Rule } from "../rules";
import { degrees } from "../units";
import { dayName } from "../dates";
import { common } from "../locale/common";
import { recordsText as t } from "../locale/parts";
import { oneOf, type QueryValues, ruleOf, said, textOf } from "./address";

export type RecordRow = Schemas["Record"];
export type ThresholdRow = Schemas["ThresholdDays"];
export type StreakRow = Schemas["Streak"];

export const RECORD_PARTS = ["extremes", "days"] as const;
export const DAY_PERIODS = ["year", "season", "month"] as const;

export interface RecordsState {
  station: string;
  rule: Rule;
  part: (typeof RECORD_PARTS)[number];
  /** Length of the periods whose days are counted. */
  by: (typeof DAY_PERIODS)[number];
}

export function readRecords(query: QueryValues): RecordsState {
  const station = textOf(query["station"]);
  return {
    station: station === "all" ? "" : station,
    rule: ruleOf(query["rule"]),
    part: oneOf(RECORD_PARTS, query["part"], "extremes"),
    by: oneOf(DAY_PERIODS, query["by"], "year"),
  };
}

export function writeRecords(state: RecordsState): Record<string, string> {
  return said({ ...state });
}

export const KINDS = ["highest", "lowest", "warmest_day", "coldest_day", "highest_minimum", "lowest_maximum"] as const;
export const THRESHOLDS = ["frost_days", "ice_days", "summer_days", "tropical_nights"] as const;
export type Threshold = (typeof THRESHOLDS)[number];
export interface Records {
  extremes: readonly RecordRow[];
  days: readonly ThresholdRow[];
  streaks: readonly StreakRow[];
}

export function recordsUrl({ station, rule }: RecordsState, format?: "csv"): string {
  return climateUrl(station, "records", { rule, ...asked(format) });
}

export function thresholdsUrl({ station, rule, by }: RecordsState, format?: "csv"): string {
  return climateUrl(station, "threshold-days", { period: by, rule, ...asked(format, 10_000) });
}

export async function fetchRecords(state: RecordsState, signal: AbortSignal): Promise<Records> {
  const { station, rule } = state;
  const [extremes, days, streaks] = await Promise.all([
    getJson<Page<RecordRow>>(recordsUrl(state), signal),
    getJson<Page<ThresholdRow>>(thresholdsUrl(state), signal),
    getJson<Page<StreakRow>>(climateUrl(station, "streaks", { period: "all", rule }), signal),
  ]);
  return { extremes: extremes.data, days: days.data, streaks: streaks.data };
}

/** A row per calendar month that has any, all months together first; a cell per kind, and why it is weak. */
export function recordTable(rows: readonly RecordRow[]): { month: number | null; cells: (RecordRow | null)[]; weak: string }[] {
  const months = [...new Set(rows.map(({ month }) => month))];
  return months.map((month) => ({
    month,
    cells: KINDS.map((kind) => rows.find((row) => row.month === month && row.kind === kind) ?? null),
    weak: weakText(rows.find((row) => row.month === month)!),
  }));
}

/** "highest 37.5 °C on 24 Aug 2023, lowest −30.6 °C on 30 Jan 2019"; null where there is none. */
export function recordsText(rows: readonly RecordRow[]): string | null {
  const [high, low] = (["highest", "lowest"] as const).map((kind) => rows.find((row) => row.month === null && row.kind === kind));
  if (!high || !low) return null;
  const told = ({ value_c }: RecordRow): string => `${temperature(value_c)} ${degrees.value}`;
  return t.finding(told(high), dayName(high.day), told(low), dayName(low.day));
}

/** "25 days, 9 Jan 2019 to 2 Feb 2019" */
export function streakText({ longest_days, first_day, last_day }: StreakRow): string {
  if (!longest_days || !first_day || !last_day) return t.noRun;
  return `${counted(longest_days, "day")}, ${longest_days === 1 ? dayName(first_day) : common.days(dayName(first_day), dayName(last_day))}`;
}
