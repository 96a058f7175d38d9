/** The selection rules and layers of the API, in plain words. */

import type { paths } from "./generated/api";

type Parameters = NonNullable<paths["/api/v1/stations/{station}/hourly"]["get"]["parameters"]["query"]>;
export type Rule = NonNullable<Parameters["rule"]>;
export const RULES = ["routine", "qc", "unfiltered"] as const satisfies readonly Rule[];

export const RULE_TEXT: Record<Rule, { label: string; explanation: string }> = {
  routine: {
    label: "Routine",
    explanation:
      "Regular reports that passed NOAA's checks, one value a minute. Special reports are left out: they cluster in bad weather and would pull the mean. This is how NOAA counts its own daily summaries.",
  },
  qc: {
    label: "Quality-checked",
    explanation: "Every report that passed NOAA's checks, special reports and repeats included.",
  },
  unfiltered: {
    label: "Unfiltered",
    explanation: "Every temperature as reported, suspect and erroneous ones included.",
  },
};

export type Layer = "best" | NonNullable<Parameters["layer"]>;
export const LAYERS = ["best", "batch", "speed"] as const satisfies readonly Layer[];

export const LAYER_TEXT: Record<Layer, { label: string; explanation: string }> = {
  best: { label: "Best available", explanation: "Batch where it has the hour, else the stream." },
  batch: { label: "Batch", explanation: "Computed from NOAA's files by the daily and yearly imports." },
  speed: { label: "Stream", explanation: "Computed hour by hour as observations arrived." },
};

/** The layer a row comes from, in a word. */
export const LAYER_NAME: Record<string, string> = { batch: "batch", speed: "stream" };
