/** Calendar arithmetic in UTC. Every instant is a number of milliseconds since 1970, negative before. */

export const GRANULARITIES = ["hour", "day", "month", "year"] as const;
export type Granularity = (typeof GRANULARITIES)[number];

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Reads what the API writes: 2014-01-01T00:00:00Z, 2014-01-01, 2014-01 or 2014. */
export function parseUtc(text: string | number): number {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|\+00:00)?)?)?)?$/.exec(
    String(text),
  );
  if (!parts) throw new RangeError(`not a UTC time: ${text}`);
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0));
  return Date.UTC(year!, Math.max(1, month!) - 1, Math.max(1, day!), hour, minute, second);
}

/** 2014-01-31 */
export function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** 2014-01-31T05:00:00Z, as the API takes it. */
export function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** 05:00 */
export function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

/** First instant of the period that holds this instant. */
export function startOf(granularity: Granularity, ms: number): number {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (granularity === "year") return Date.UTC(year, 0, 1);
  if (granularity === "month") return Date.UTC(year, date.getUTCMonth(), 1);
  const step = granularity === "day" ? DAY_MS : HOUR_MS;
  return Math.floor(ms / step) * step;
}

/** First instant of the period after the one that starts here. */
export function nextPeriod(granularity: Granularity, start: number): number {
  const date = new Date(start);
  if (granularity === "year") return Date.UTC(date.getUTCFullYear() + 1, 0, 1);
  if (granularity === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return start + (granularity === "day" ? DAY_MS : HOUR_MS);
}

/** Periods in [from, to): how many rows a complete series would have. */
export function periodCount(granularity: Granularity, from: number, to: number): number {
  if (to <= from) return 0;
  const first = new Date(startOf(granularity, from));
  const last = new Date(startOf(granularity, to - 1));
  const years = last.getUTCFullYear() - first.getUTCFullYear();
  if (granularity === "year") return years + 1;
  if (granularity === "month") return years * 12 + last.getUTCMonth() - first.getUTCMonth() + 1;
  const step = granularity === "day" ? DAY_MS : HOUR_MS;
  return (last.getTime() - first.getTime()) / step + 1;
}

/** How a period is called: 2014 · 2014-07 · 2014-07-05 · 2014-07-05 13:00 */
export function periodLabel(granularity: Granularity, start: number): string {
  const text = new Date(start).toISOString();
  if (granularity === "year") return text.slice(0, 4);
  if (granularity === "month") return text.slice(0, 7);
  return granularity === "day" ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 16)}`;
}
