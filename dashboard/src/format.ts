/** Numbers as people read them. A missing value is a dash; zero is a value like any other. */

import { DAY_MS, HOUR_MS } from "./time";
import { differenceInUnits, inUnits } from "./units";

export const MISSING = "–";
const THIN_SPACE = "\u2009";
const MINUS = "\u2212";
const YEAR_MS = 365.25 * DAY_MS;

/** -3.04 → −3.0; 0 → 0.0; null → –. */
export function decimal(value: number | null | undefined, decimals = 1): string {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** A temperature, degrees Celsius, in the unit of the page. */
export function temperature(value_c: number | null | undefined, decimals = 1): string {
  return decimal(inUnits(value_c), decimals);
}

/** A difference of temperatures, degrees Celsius, in the unit of the page. */
export function difference(value_c: number | null | undefined, decimals = 1): string {
  return decimal(typeof value_c === "number" ? differenceInUnits(value_c) : value_c, decimals);
}

/** +1.2, 0.0, −3.4; null → –. A difference of temperatures, degrees Celsius, in the unit of the page. */
export function signed(value_c: number | null | undefined): string {
  const text = difference(value_c);
  return value_c && value_c > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A statistic that a period may be without: none is said, unlike a row that is missing. */
export function temperatureOrNone(value_c: number | null | undefined, decimals = 1): string {
  return value_c === null ? "none" : temperature(value_c, decimals);
}

/** 4345 → 4 345 with thin spaces. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return MISSING;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** 0.99726 → 99.7 %, never rounded up to a full 100. */
export function percent(share: number): string {
  const shown = share < 1 ? Math.min(99.9, Math.floor(share * 1000) / 10) : 100;
  return `${shown.toFixed(shown === 100 ? 0 : 1)} %`;
}

/** 640000 → 640 kB; 9.1 MB, 1.2 GB. */
export function bytes(value: number): string {
  const [unit, size] = value < 1e6 ? ["kB", 1e3] : value < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  const shown = value / (size as number);
  return `${shown < 10 && size !== 1e3 ? shown.toFixed(1) : count(shown)} ${unit}`;
}

/** "1 hour", "4 345 days" */
export function counted(value: number, unit: string): string {
  return `${count(value)} ${unit}${value === 1 ? "" : "s"}`;
}

/** A length of time in the unit people would use: 45 minutes, 2 hours, 3 days, 8 months, 1.9 years. */
export function duration(ms: number): string {
  if (ms < 2 * HOUR_MS) return counted(Math.floor(ms / 60_000), "minute");
  if (ms < 2 * DAY_MS) return counted(Math.floor(ms / HOUR_MS), "hour");
  if (ms < 100 * DAY_MS) return counted(Math.floor(ms / DAY_MS), "day");
  if (ms < YEAR_MS) return counted(Math.floor(ms / (YEAR_MS / 12)), "month");
  const years = Math.round((ms / YEAR_MS) * 10) / 10;
  return years < 100 ? `${years.toFixed(1)} years` : `${count(years)} years`;
}

/** How far an instant lies behind the wall clock, in words. */
export function lag(instant: number, now: number): string {
  const behind = now - instant;
  return behind < 0 ? "ahead of the clock" : `${duration(behind)} behind the clock`;
}
