/** The selection rules and layers of the API. */

import type { paths } from "./generated/api";
import { stationsText } from "./locale/stations";

type Parameters = NonNullable<paths["/api/v1/stations/{station}/hourly"]["get"]["parameters"]["query"]>;
export type Rule = NonNullable<Parameters["rule"]>;
export const RULES = ["routine", "qc", "unfiltered"] as const satisfies readonly Rule[];

export type Layer = "best" | NonNullable<Parameters["layer"]>;
export const LAYERS = ["best", "batch", "speed"] as const satisfies readonly Layer[];

/** The layer a row comes from, in a word. */
export function layerName(layer: string): string {
  return stationsText.layerNames[layer] ?? layer;
}
