/** The ledger in words: what it came to, over what, as of when, and what came since. */

import type { LedgerLine, LedgerState } from "./api";
import { dayLabel, daysText } from "./dates";
import { counted } from "./format";
import { pipelineText as t } from "./locale/pipeline";
import { layerName } from "./rules";
import { clockTime, isoDay, parseUtc } from "./time";

export interface LedgerSummary {
  text: string;
  tone: "good" | "late" | "bad" | "idle";
}

/** What a check came to: one that compared nothing proves nothing. */
export function verdictOf(line: LedgerLine): string {
  if (line.is_balanced === null) return t.nothingCompared;
  return line.is_balanced ? t.balanced : t.unbalanced;
}

/** 14:05 UTC; with its day where that is not today's. */
export function momentOf(time: string, now: number): string {
  const moment = parseUtc(time);
  const day = isoDay(moment) === isoDay(now) ? "" : `${dayLabel(moment)} `;
  return `${day}${clockTime(moment)} UTC`;
}

/** 12 station-years, 1901-01-01 to 2024-12-31; a dash where an old line does not say. */
export function scopeOf(line: LedgerLine): string {
  const { station_year_count: stationYears, first_day: first, last_day: last } = line;
  if (stationYears == null) return "–";
  return [counted(stationYears, "stationYear"), first && last && daysText(first, last)].filter(Boolean).join(", ");
}

/** What a layer has got since its newest check; empty where that covers all. */
export function sinceOf(state: LedgerState): string {
  if (state.is_current) return "";
  if (state.loads_since) return t.since(counted(state.loads_since, "load"));
  return state.settled_at ? t.writtenSince(layerName(state.layer)) : "";
}

/** A run's name where it may take another line: behind its joints, never within a word. */
export function nameParts(name: string): string[] {
  return name.split(/(?<=[_:+-])(?![_:+-])/);
}

function wrongText(lines: readonly LedgerLine[]): string {
  const lost = lines.reduce((sum, line) => sum + line.lost, 0);
  const doubled = lines.reduce((sum, line) => sum + line.doubled, 0);
  return t.ledgerWrong(counted(lost, "lost"), counted(doubled, "doubled"));
}

/** All checks in a line: Ledger balanced · 12 station-years · 14:05 UTC · 2 loads since */
export function ledgerSummary(
  lines: readonly LedgerLine[],
  states: readonly LedgerState[],
  now: number,
): LedgerSummary {
  const compared = lines.filter((line) => line.is_balanced !== null);
  if (!compared.length) return { text: t.ledgerNothing, tone: "idle" };
  const isBalanced = compared.every((line) => line.is_balanced);
  const newest = compared.reduce((one, other) => (other.settled_at > one.settled_at ? other : one));
  const widest = compared.reduce((one, other) =>
    (other.station_year_count ?? 0) > (one.station_year_count ?? 0) ? other : one,
  );
  const layers = new Set(compared.map((line) => line.layer));
  const empty = new Set(lines.map((line) => line.layer).filter((layer) => !layers.has(layer)));
  const since = states.map(sinceOf).filter(Boolean);
  const parts = [
    isBalanced ? t.ledgerBalanced : wrongText(compared),
    widest.station_year_count ? counted(widest.station_year_count, "stationYear") : "",
    momentOf(newest.settled_at, now),
    ...[...empty].map((layer) => t.ofLayer(layerName(layer))),
    ...since,
  ];
  const tone = isBalanced ? (since.length ? "late" : "good") : "bad";
  return { text: parts.filter(Boolean).join(" · "), tone };
}
