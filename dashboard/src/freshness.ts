/** How current a layer is, in words: the API decides by the dataset's own publishing delay. */

import type { LayerFreshness } from "./api";
import { dayText } from "./dates";
import { MISSING } from "./format";
import { pipelineText as t } from "./locale/pipeline";

export interface FreshnessText {
  /** Empty where it needs no word. */
  word: string;
  tone: "good" | "late" | "bad" | "history";
  explanation: string;
}

/** Two hours, a fortnight and eleven years must not look alike. */
export function freshnessText(layer: string, freshness: LayerFreshness): FreshnessText {
  const { state, title, last_day: lastDay } = freshness;
  switch (state) {
    case "fresh":
      return { word: "", tone: "good", explanation: t.asNew(title) };
    case "late":
      return { word: t.late, tone: "late", explanation: t.lateMore(title) };
    case "old":
      return { word: t.old, tone: "bad", explanation: t.oldMore(title) };
    case "history":
      return {
        word: layer === "speed" ? t.replay : t.history,
        tone: "history",
        explanation: t.historyMore(title, lastDay ? dayText(lastDay) : MISSING),
      };
  }
}
