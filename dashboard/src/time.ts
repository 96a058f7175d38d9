/** Calendar arithmetic in UTC. Every instant is a number of milliseconds since 1970, negative before. */

export const GRANULARITIES = ["hour", "day", "month", "season", "year"] as const;
export type Granularity = (typeof GRANULARITIES)[number];

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Three months each, the first of them December of the year before. */
export const SEASONS = ["DJF", "MAM", "JJA", "SON"] as const;
export type Season = (typeof SEASONS)[number];

/** Reads what the API writes: 2014-01-01T00:00:00Z, 2014-01-01, 2014-01, 2014-DJF or 2014. */
export function parseUtc(text: string | number): number {
  const season = /^(\d{4})-(DJF|MAM|JJA|SON)$/.exec(String(text));
  if (season) return Date.UTC(Number(season[1]), 3 * SEASONS.indexOf(season[2] as Season) - 1, 1);
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
  if (granularity === "season") return Date.UTC(year, 3 * Math.floor((date.getUTCMonth() + 1) / 3) - 1, 1);
  if (granularity === "month") return Date.UTC(year, date.getUTCMonth(), 1);
  const step = granularity === "day" ? DAY_MS : HOUR_MS;
  return Math.floor(ms / step) * step;
}

/** First instant of the period after the one that starts here. */
export function nextPeriod(granularity: Granularity, start: number): number {
  const date = new Date(start);
  if (granularity === "year") return Date.UTC(date.getUTCFullYear() + 1, 0, 1);
  const months = granularity === "season" ? 3 : 1;
  if (granularity === "season" || granularity === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  return start + (granularity === "day" ? DAY_MS : HOUR_MS);
}

/** Periods in [from, to): how many rows a complete series would have. */
export function periodCount(granularity: Granularity, from: number, to: number): number {
  if (to <= from) return 0;
  const first = new Date(startOf(granularity, from));
  const last = new Date(startOf(granularity, to - 1));
  const years = last.getUTCFullYear() - first.getUTCFullYear();
  if (granularity === "year") return years + 1;
  const months = years * 12 + last.getUTCMonth() - first.getUTCMonth();
  if (granularity === "season") return months / 3 + 1;
  if (granularity === "month") return months + 1;
  const step = granularity === "day" ? DAY_MS : HOUR_MS;
  return (last.getTime() - first.getTime()) / step + 1;
}

/** The season that begins here, and the year it ends in. */
export function seasonOf(start: number): { season: Season; year: number } {
  const end = new Date(nextPeriod("season", start) - 1);
  return { season: SEASONS[Math.floor(((end.getUTCMonth() + 1) % 12) / 3)]!, year: end.getUTCFullYear() };
}
