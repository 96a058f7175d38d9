/** The time axis in UTC, whatever the browser's zone: uPlot's own splits go by local time. */

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const MONTH_S = 30 * DAY_S;
const YEAR_S = 365 * DAY_S;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Distances between two ticks, in seconds; months and years stand for calendar ones. */
export const TIME_INCREMENTS = [
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_S),
  ...[1, 2, 5, 10].map((days) => days * DAY_S),
  ...[1, 2, 3, 6].map((months) => months * MONTH_S),
  ...[1, 2, 5, 10, 20, 50].map((years) => years * YEAR_S),
];

/** Tick positions in [min, max], in seconds. */
export function timeSplits(min: number, max: number, increment: number): number[] {
  if (increment < MONTH_S) return fixedSplits(min, max, increment);
  const months = increment < YEAR_S ? increment / MONTH_S : (increment / YEAR_S) * 12;
  const first = new Date(min * 1000);
  const monthsSinceZero = first.getUTCFullYear() * 12 + first.getUTCMonth();
  const splits: number[] = [];
  for (let month = Math.floor(monthsSinceZero / months) * months; ; month += months) {
    const second = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
    if (second > max) return splits;
    if (second >= min) splits.push(second);
  }
}

function fixedSplits(min: number, max: number, increment: number): number[] {
  const splits: number[] = [];
  for (let second = Math.ceil(min / increment) * increment; second <= max; second += increment) {
    splits.push(second);
  }
  return splits;
}

/** Tick labels; the year (or the day) stands under the first tick that belongs to it. */
export function timeLabels(seconds: readonly number[], increment: number): string[] {
  let shownContext = "";
  return seconds.map((second) => {
    const [label, context] = tickText(new Date(second * 1000), increment);
    const isNew = context !== shownContext;
    shownContext = context;
    return isNew && context ? `${label}\n${context}` : label;
  });
}

function tickText(date: Date, increment: number): [label: string, context: string] {
  const year = String(date.getUTCFullYear());
  const month = MONTHS[date.getUTCMonth()]!;
  const day = `${date.getUTCDate()} ${month}`;
  if (increment >= YEAR_S) return [year, ""];
  if (increment >= MONTH_S) return [month, year];
  if (increment >= DAY_S) return [day, year];
  return [date.toISOString().slice(11, 16), `${day} ${year}`];
}
