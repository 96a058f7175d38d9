/** The part of the period that is shown: plain arithmetic on ranges of seconds. */

/** First and last second of a stretch of time. */
export type Range = readonly [from: number, to: number];

const HOUR_S = 3600;
/** Longer than this share of the whole is the whole: nobody means to see all but two hours of a summer. */
const NEARLY_WHOLE = 0.95;

export function spanOf([from, to]: Range): number {
  return to - from;
}

/** The range moved back into `whole`, or `whole` where it is as long; null = all of it is shown. */
export function within([from, to]: Range, whole: Range): Range | null {
  if (to - from >= spanOf(whole)) return null;
  const shift = Math.max(0, whole[0] - from) - Math.max(0, to - whole[1]);
  return [from + shift, to + shift];
}

/** Shorter (factor < 1) or longer around an instant, which keeps its place; never shorter than `shortest`. */
export function zoomed(range: Range, factor: number, around: number, whole: Range, shortest: number): Range | null {
  const span = Math.min(spanOf(whole), Math.max(shortest, spanOf(range) * factor));
  if (factor > 1 && span >= NEARLY_WHOLE * spanOf(whole)) return null;
  const share = Math.min(1, Math.max(0, (around - range[0]) / spanOf(range)));
  return within([around - span * share, around + span * (1 - share)], whole);
}

/** What of a range lies in `whole`; null where nothing does, or all of it. */
export function overlap(range: Range | null, whole: Range): Range | null {
  if (!range) return null;
  const [from, to] = [Math.max(range[0], whole[0]), Math.min(range[1], whole[1])];
  return from < to && spanOf([from, to]) < spanOf(whole) ? [from, to] : null;
}

/** The range in whole hours, as an address says it; null where that is all there is. */
export function snapped([from, to]: Range, whole: Range): Range | null {
  const first = Math.floor(from / HOUR_S);
  const last = Math.max(first + 1, Math.ceil(to / HOUR_S));
  const range: Range = [first * HOUR_S, last * HOUR_S];
  return range[0] <= whole[0] && range[1] >= whole[1] ? null : range;
}

/** As the address has it, an interval of ISO 8601: 2014-07-05T00:00Z/2014-07-07T12:00Z; empty for none. */
export function zoomText(range: Range | null): string {
  return range ? range.map((second) => `${new Date(second * 1000).toISOString().slice(0, 16)}Z`).join("/") : "";
}

const INTERVAL = /^(\d{4}-\d\d-\d\dT\d\d:\d\dZ)\/(\d{4}-\d\d-\d\dT\d\d:\d\dZ)$/;

/** Reads what zoomText writes; null for anything else. */
export function readZoom(text: unknown): Range | null {
  const parts = typeof text === "string" ? INTERVAL.exec(text) : null;
  if (!parts) return null;
  const [from, to] = [Date.parse(parts[1]!) / 1000, Date.parse(parts[2]!) / 1000];
  return from < to ? [from, to] : null;
}
