/** What the Groups tab shows: stations taken together by country or elevation, and temperature beside dew point. */

import { apiUrl, getJson, type Page, type Schemas } from "../api";
import { asked } from "../climate";
import { counted, difference, temperature } from "../format";
import { common } from "../locale/common";
import { groupsText as t } from "../locale/parts";
import type { Rule } from "../rules";
import { type Granularity, parseUtc } from "../time";
import { degrees } from "../units";
import { oneOf, type QueryValues, ruleOf, said, textOf } from "./address";
import { alignedLines, type Cell, commonMeans, commonPeriods, type Comparison, comparisonText } from "./compare";

export const GROUPED = ["country", "elevation", "dew"] as const;
export const MOST_COUNTRIES = 4;
export const GROUP_VIEWS = ["chart", "table"] as const;

export interface GroupsState {
  what: (typeof GROUPED)[number];
  /** ISO codes; none: those with the most stations. */
  countries: readonly string[];
  by: "month" | "year";
  rule: Rule;
  view: (typeof GROUP_VIEWS)[number];
}

export function readGroups(query: QueryValues): GroupsState {
  const named = textOf(query["countries"]).split(",");
  return {
    what: oneOf(GROUPED, query["what"], "country"),
    countries: [...new Set(named.filter((one) => /^[A-Za-z:]{2,8}$/.test(one)))].slice(0, MOST_COUNTRIES),
    by: oneOf(["month", "year"] as const, query["by"], "year"),
    rule: ruleOf(query["rule"]),
    view: oneOf(GROUP_VIEWS, query["view"], "chart"),
  };
}

export function writeGroups({ countries, ...state }: GroupsState): Record<string, string> {
  return said({ ...state, countries: countries.join(",") });
}

type GroupRow = Pick<Schemas["CountryYear"], "mean_c" | "mean_dew_point_c" | "grade" | "completeness" | "station_count">;
type ElevationRow = Schemas["ElevationYear"];
type TimedRow = GroupRow & { month?: string; year?: number };

function cellOf(row: GroupRow, mean_c: number | null): Cell {
  return { mean_c, grade: row.grade, completeness: row.completeness };
}

function timed(rows: readonly TimedRow[], value: (row: GroupRow) => number | null): (Cell & { start: number })[] {
  return rows.map((row) => ({ ...cellOf(row, value(row)), start: parseUtc(row.month ?? row.year!) }));
}

/** Where the numbers are; of countries one address each. */
export function groupUrls({ what, countries, by, rule }: GroupsState, format?: "csv"): string[] {
  const query = { rule, ...asked(format, 10_000) };
  if (what === "elevation") return [apiUrl("elevation/yearly", query)];
  if (what === "dew") return [apiUrl("dew-point/monthly", query)];
  return countries.map((one) => apiUrl(`countries/${encodeURIComponent(one)}/${by}ly`, query));
}

export function granularityOf({ what, by }: GroupsState): Granularity {
  return what === "country" ? by : what === "elevation" ? "year" : "month";
}

/** A line per band of elevation: the lowest, the highest, and two between them where there are more. */
export function elevationLines(rows: readonly ElevationRow[]): Comparison {
  const bands = [...new Set(rows.map(({ from_m }) => from_m))].sort((one, other) => one - other);
  const chosen = bands.length <= 4 ? bands : [0, 1 / 3, 2 / 3, 1].map((share) => bands[Math.round(share * (bands.length - 1))]!);
  const series = chosen.map((from_m) => {
    const own = rows.filter((row) => row.from_m === from_m);
    return { key: String(from_m), label: t.band(from_m, own[0]!.to_m), points: timed(own, (row) => row.mean_c), place: (start: number) => start };
  });
  return alignedLines(series, "year");
}

export function dewLines(rows: readonly TimedRow[]): Comparison {
  const place = (start: number): number => start;
  return alignedLines(
    [
      { key: "mean", label: t.temperature, points: timed(rows, (row) => row.mean_c), place },
      { key: "dew", label: common.dewPoint, points: timed(rows, (row) => row.mean_dew_point_c), place },
    ],
    "month",
  );
}

export async function fetchGroups(state: GroupsState, names: ReadonlyMap<string, string>, signal: AbortSignal): Promise<Comparison> {
  const pages = await Promise.all(groupUrls(state).map((url) => getJson<Page<TimedRow & ElevationRow>>(url, signal)));
  if (state.what === "elevation") return elevationLines(pages[0]!.data);
  if (state.what === "dew") return dewLines(pages[0]!.data);
  const series = state.countries.map((key, at) => ({ key, label: names.get(key) ?? key, points: timed(pages[at]!.data, (row) => row.mean_c), place: (start: number) => start }));
  return alignedLines(series, state.by);
}

/** The finding; null where there is none. */
export function groupsText(comparison: Comparison, { what }: GroupsState): string | null {
  if (what !== "dew") return comparisonText(comparison, "mean");
  const means = commonMeans(comparison, "mean");
  if (!means) return null;
  return t.dewBelow(`${difference(means[0]! - means[1]!)} ${degrees.value}`, temperature(means[0]), counted(commonPeriods(comparison, "mean").length, "month"));
}
