/** How current a layer is, in words: the API decides by the dataset's own publishing delay. */

import type { LayerFreshness } from "./api";

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
      return { word: "", tone: "good", explanation: `As new as ${title} is published.` };
    case "late":
      return { word: "late", tone: "late", explanation: `Newer hours of ${title} should be here: has the daily run been successful?` };
    case "old":
      return { word: "old", tone: "bad", explanation: `Nothing of ${title} has come for a week: look at the runs in Airflow.` };
    case "history":
      return {
        word: layer === "speed" ? "a replay of history" : "history",
        tone: "history",
        explanation: `${title} ended on ${lastDay}: nothing newer will come.`,
      };
  }
}
