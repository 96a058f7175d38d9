/** The sentence a chart opens with: how the period shown compares with what is usual there. */

import { type Anomaly, type ClimatePeriod, LEAST_YEARS } from "./climate";
import { dayName, monthName } from "./dates";
import { counted, difference, percent, signed } from "./format";
import { common } from "./locale/common";
import { historyText as t } from "./locale/history";
import { DAY_MS, isoDay, nextPeriod, parseUtc, type Season, SEASONS, seasonOf, startOf } from "./time";
import { degrees } from "./units";

const NORTHERN: Record<Season, keyof typeof t.seasons> = { DJF: "winter", MAM: "spring", JJA: "summer", SON: "autumn" };
const LONGEST_RANGE_DAYS = 366;
/** Of fewer years the warmest is no finding. */
const LEAST_RANKED = 3;

/** How the days shown are held against what is usual: as one period, as a mean of days, or year against year. */
export type Question = { period: ClimatePeriod; kind: "one" | "days" | "years" };

/** Days, both included. */
export function questionOf(from: string, to: string): Question {
  const [first, end] = [parseUtc(from), parseUtc(to) + DAY_MS];
  const whole = (["year", "season", "month", "day"] as const).find(
    (period) => startOf(period, first) === first && nextPeriod(period, first) === end,
  );
  if (whole) return { period: whole, kind: "one" };
  if (end - first <= LONGEST_RANGE_DAYS * DAY_MS) return { period: "day", kind: "days" };
  return { period: "year", kind: "years" };
}

/** What a season is called there; by its months where the hemisphere is not known, or at the equator. */
export function seasonName(start: number, latitude: number | null): string {
  const { season, year } = seasonOf(start);
  if (!latitude) return `${season} ${year}`;
  const name = t.seasons[NORTHERN[latitude > 0 ? season : SEASONS[(SEASONS.indexOf(season) + 2) % 4]!]];
  return `${name} ${season === "DJF" ? `${year - 1}/${String(year % 100).padStart(2, "0")}` : year}`;
}

/** The days shown, in words: 2014 · summer 2014 · July 2014 · 5 Jul 2014 · 3 Mar to 5 Jul 2014 · 2011 to 2014 */
export function periodName(from: string, to: string, latitude: number | null): string {
  const { period, kind } = questionOf(from, to);
  const first = parseUtc(from);
  if (kind !== "one") {
    const [start, end] = [first, parseUtc(to) + DAY_MS];
    const areYears = startOf("year", start) === start && startOf("year", end) === end;
    if (areYears) return common.years(from.slice(0, 4), to.slice(0, 4));
    return common.days(dayName(from, from.slice(0, 4) !== to.slice(0, 4)), dayName(to));
  }
  if (period === "year") return from.slice(0, 4);
  if (period === "season") return seasonName(first, latitude);
  return period === "month" ? `${monthName(new Date(first).getUTCMonth())} ${from.slice(0, 4)}` : dayName(from);
}

function comparison(anomaly_c: number): string {
  if (Math.abs(anomaly_c) < 0.05) return t.asUsual;
  const by = `${difference(Math.abs(anomaly_c))} ${degrees.value}`;
  return anomaly_c < 0 ? t.cooler(by) : t.warmer(by);
}

export interface Facts {
  from: string;
  to: string;
  /** Of the question's periods, in order. */
  anomalies: readonly Anomaly[];
  /** Years behind what is usual for the days shown. */
  years: number;
}

/** The finding; null where there is nothing to say. Too few years are said, and nothing is guessed from them. */
export function findingOf({ from, to, anomalies, years }: Facts): string | null {
  if (!anomalies.length) return null;
  if (years < LEAST_YEARS) return t.tooFew(counted(years, "year"), years === 1);
  const { kind } = questionOf(from, to);
  const behind = counted(years, "year");
  if (kind === "years") return rankedFinding(anomalies, behind);
  const mean = anomalies.reduce((sum, row) => sum + row.anomaly_c, 0) / anomalies.length;
  return `${comparison(mean)} (${behind}${weakness(from, to, anomalies, kind)})`;
}

/** What is missing of it: nothing is said of a period that is complete enough. */
function weakness(from: string, to: string, anomalies: readonly Anomaly[], kind: Question["kind"]): string {
  const days = (parseUtc(to) - parseUtc(from)) / DAY_MS + 1;
  const good = anomalies.reduce((sum, row) => sum + row.good_day_count, 0);
  const isWeak = kind === "one" ? anomalies[0]!.grade === "weak" : good < 0.9 * days;
  return isWeak ? t.weak(percent(good / days)) : "";
}

function rankedFinding(anomalies: readonly Anomaly[], behind: string): string | null {
  const good = anomalies.filter((row) => row.grade === "good");
  if (good.length < LEAST_RANKED) return null;
  const warmest = good.reduce((one, other) => (other.anomaly_c > one.anomaly_c ? other : one));
  const coolest = good.reduce((one, other) => (other.anomaly_c < one.anomaly_c ? other : one));
  const told = ({ period, anomaly_c }: Anomaly): string => `${period} (${signed(anomaly_c)} ${degrees.value})`;
  return t.ranked(told(warmest), told(coolest), behind);
}

/** The first day after the days shown, as the API takes it. */
export function spanOfDays(from: string, to: string): { from: number; to: number } {
  return { from: parseUtc(from), to: parseUtc(isoDay(parseUtc(to) + DAY_MS)) };
}
