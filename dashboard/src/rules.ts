/** The selection rules and layers of the API, in plain words. */

export const RULES = ["routine", "qc", "unfiltered"] as const;
export type Rule = (typeof RULES)[number];

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

export const LAYERS = ["best", "batch", "speed"] as const;
export type Layer = (typeof LAYERS)[number];

export const LAYER_TEXT: Record<Layer, { label: string; explanation: string }> = {
  best: { label: "Best available", explanation: "Batch where it has the hour, else the stream." },
  batch: { label: "Batch", explanation: "Computed from NOAA's files by the daily and yearly imports." },
  speed: { label: "Stream", explanation: "Computed hour by hour as observations arrived." },
};
