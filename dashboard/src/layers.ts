/** The layers in words: to when each reaches, and how far behind that is. */

import { duration, lag } from "./format";
import { type FreshnessText, freshnessText } from "./freshness";
import { newestOf, type PipelineStatus } from "./pipeline";
import { periodLabel } from "./dates";
import { pipelineText as t } from "./locale/pipeline";
import { HOUR_MS } from "./time";

export interface LayerText {
  layer: string;
  name: string;
  newest: string;
  freshness: FreshnessText | null;
  /** How far behind, where that needs a word; else empty. */
  badge: string;
  /** How far behind, where it needs none. */
  lag: string;
}

export function layersOf(status: PipelineStatus | null, now: number): LayerText[] {
  return [
    { layer: "batch", name: t.batch },
    { layer: "speed", name: t.stream },
  ].map(({ layer, name }) => {
    const newest = newestOf(status, layer);
    const freshness = status?.freshness[layer];
    return {
      layer,
      name,
      newest: newest === null ? t.noHours : t.upTo(periodLabel("hour", newest)),
      ...behindText(newest, freshness ? freshnessText(layer, freshness) : null, now),
    };
  });
}

/** The hour is known when it has ended. */
function behindText(newest: number | null, freshness: FreshnessText | null, now: number) {
  const end = newest === null ? null : newest + HOUR_MS;
  const badge = freshness?.word && end !== null ? `${freshness.word} · ${duration(now - end)}` : "";
  return { freshness, badge, lag: end === null || badge ? "" : lag(end, now) };
}
