/** Numbers as people read them. A missing value is a dash; zero is a value like any other. */

import { common } from "./locale/common";
import { language, texts } from "./locale/language";
import { type Noun, nounAfter } from "./locale/plurals";
import { DAY_MS, HOUR_MS } from "./time";
import { differenceInUnits, inUnits } from "./units";

export const MISSING = "–";
const THIN_SPACE = "\u2009";
const MINUS = "\u2212";
const YEAR_MS = 365.25 * DAY_MS;
const DECIMAL_SIGN = Object.fromEntries(
  ["en", "fr"].map((one) => [one, new Intl.NumberFormat(one).formatToParts(0.5).find(({ type }) => type === "decimal")!.value]),
);
const t = texts({
  ahead: ["ahead of the clock", "en avance sur l’heure actuelle"],
  behind: [(time: string) => `${time} behind the clock`, (time: string) => `${time} de retard sur l’heure actuelle`],
  ago: [(time: string) => `${time} ago`, (time: string) => `il y a ${time}`],
  sizes: [
    ["kB", "MB", "GB"],
    ["ko", "Mo", "Go"],
  ],
});

/** Digits with the decimal sign of the page's language. */
function fixed(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(".", DECIMAL_SIGN[language.value]!);
}

/** -3.04 → −3.0; 0 → 0.0; null → –. */
export function decimal(value: number | null | undefined, decimals = 1): string {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  const text = fixed(Math.abs(value), decimals);
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
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
  return value_c === null ? common.none : temperature(value_c, decimals);
}

/** 4345 → 4 345 with thin spaces. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return MISSING;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** 0.99726 → 99.7 %, never rounded up to a full 100. */
export function percent(share: number): string {
  const shown = share < 1 ? Math.min(99.9, Math.floor(share * 1000) / 10) : 100;
  return `${fixed(shown, shown === 100 ? 0 : 1)} %`;
}

/** 640000 → 640 kB; 9.1 MB, 1.2 GB. */
export function bytes(value: number): string {
  const [unit, size] = value < 1e6 ? ([0, 1e3] as const) : value < 1e9 ? ([1, 1e6] as const) : ([2, 1e9] as const);
  const shown = value / size;
  return `${shown < 10 && unit ? fixed(shown, 1) : count(shown)} ${t.sizes[unit]}`;
}

/** "1 hour", "4 345 days" */
export function counted(value: number, noun: Noun): string {
  return `${count(value)} ${nounAfter(value, noun)}`;
}

/** A length of time in the unit people would use: 45 minutes, 2 hours, 3 days, 8 months, 1.9 years. */
export function duration(ms: number): string {
  if (ms < 2 * HOUR_MS) return counted(Math.floor(ms / 60_000), "minute");
  if (ms < 2 * DAY_MS) return counted(Math.floor(ms / HOUR_MS), "hour");
  if (ms < 100 * DAY_MS) return counted(Math.floor(ms / DAY_MS), "day");
  if (ms < YEAR_MS) return counted(Math.floor(ms / (YEAR_MS / 12)), "month");
  const years = Math.round((ms / YEAR_MS) * 10) / 10;
  return years < 100 ? `${fixed(years, 1)} ${nounAfter(years, "year")}` : counted(Math.round(years), "year");
}

/** How far an instant lies behind the wall clock, in words. */
export function lag(instant: number, now: number): string {
  const behind = now - instant;
  return behind < 0 ? t.ahead : t.behind(duration(behind));
}

/** So long ago. */
export function ago(ms: number): string {
  return t.ago(duration(ms));
}
