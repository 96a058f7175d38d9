/** Whether the layers agree, in words: what the newest reconciliation came to. */

import type { Reconciliation } from "./api";
import { count, counted } from "./format";

export interface DriftText {
  text: string;
  tone: "good" | "bad" | "idle";
  explanation: string;
}

/** Nothing before the first reconciliation; one that compared nothing proves nothing. */
export function driftText(drift: number | null, result: Reconciliation | null): DriftText | null {
  if (!result) return null;
  const { first_day: first, last_day: last } = result;
  const days = first === last ? first : `${first} to ${last}`;
  if (drift === null) {
    return { text: "Drift: nothing compared", tone: "idle", explanation: `${days}: no row on either side` };
  }
  const wrong = [
    drift ? `${counted(drift, "row")} off` : "",
    result.lost ? `${count(result.lost)} lost` : "",
    result.doubled ? `${count(result.doubled)} doubled` : "",
  ].filter(Boolean);
  const compared = `${counted(result.compared, "row")} of ${counted(result.station_year_count, "station-year")}`;
  return {
    text: `Drift ${wrong.length ? wrong.join(", ") : "0"} · ${days}`,
    tone: wrong.length ? "bad" : "good",
    explanation: `${compared} replayed by the stream's code and held against the batch layer (${result.run_label})`,
  };
}
