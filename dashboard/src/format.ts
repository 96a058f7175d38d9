/** Numbers as people read them. A missing value is a dash; zero is a value like any other. */

import { DAY_MS, HOUR_MS } from "./time";

export const MISSING = "–";
const THIN_SPACE = "\u2009";
const MINUS = "\u2212";

/** -3.04 → −3.0; 0 → 0.0; null → –. Degrees Celsius to one decimal. */
export function celsius(value: number | null | undefined, decimals = 1): string {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** A statistic that a period may be without: none is said, unlike a row that is missing. */
export function celsiusOrNone(value: number | null | undefined, decimals = 1): string {
  return value === null ? "none" : celsius(value, decimals);
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

/** "1 hour", "4 345 days" */
export function counted(value: number, unit: string): string {
  return `${count(value)} ${unit}${value === 1 ? "" : "s"}`;
}

/** How far an instant lies behind the wall clock, in words. */
export function lag(instant: number, now: number): string {
  const behind = now - instant;
  if (behind < 0) return "ahead of the clock";
  if (behind < 2 * HOUR_MS) return `${counted(Math.floor(behind / 60_000), "minute")} behind the clock`;
  if (behind < 2 * DAY_MS) return `${counted(Math.floor(behind / HOUR_MS), "hour")} behind the clock`;
  return `${counted(Math.floor(behind / DAY_MS), "day")} behind the clock`;
}
