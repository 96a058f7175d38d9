/** Whether the layers agree, in words: what the newest reconciliation came to. */

import type { Reconciliation } from "./api";
import { daysText } from "./dates";
import { count, counted } from "./format";
import { pipelineText as t } from "./locale/pipeline";

export interface DriftText {
  text: string;
  tone: "good" | "bad" | "idle";
  explanation: string;
}

/** Nothing before the first reconciliation; one that compared nothing proves nothing. */
export function driftText(drift: number | null, result: Reconciliation | null): DriftText | null {
  if (!result) return null;
  const { first_day: first, last_day: last } = result;
  const days = daysText(first, last);
  if (drift === null) {
    return { text: t.driftNone, tone: "idle", explanation: t.driftNoRows(days) };
  }
  const wrong = [
    drift ? t.rowsOff(counted(drift, "row")) : "",
    result.lost ? t.lost(count(result.lost)) : "",
    result.doubled ? t.doubled(count(result.doubled)) : "",
  ].filter(Boolean);
  return {
    text: t.drift(wrong.length ? wrong.join(", ") : "0", days),
    tone: wrong.length ? "bad" : "good",
    explanation: t.replayed(counted(result.compared, "row"), counted(result.station_year_count, "stationYear"), result.run_label),
  };
}
