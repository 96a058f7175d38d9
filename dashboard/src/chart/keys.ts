/** What a key asks of a chart. */

export type KeyAction =
  | { kind: "move"; steps: number }
  | { kind: "edge"; end: "first" | "last" }
  | { kind: "zoom"; factor: number }
  | { kind: "whole" }
  | { kind: "leave" };

const ACTIONS: Record<string, KeyAction> = {
  ArrowLeft: { kind: "move", steps: -1 },
  ArrowRight: { kind: "move", steps: 1 },
  PageUp: { kind: "move", steps: -10 },
  PageDown: { kind: "move", steps: 10 },
  Home: { kind: "edge", end: "first" },
  End: { kind: "edge", end: "last" },
  "+": { kind: "zoom", factor: 0.5 },
  "=": { kind: "zoom", factor: 0.5 },
  "-": { kind: "zoom", factor: 2 },
  "0": { kind: "whole" },
  Escape: { kind: "leave" },
};

/** Null for keys that are not the chart's, and for those with a modifier, which are the browser's. */
export function keyAction(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">): KeyAction | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  return ACTIONS[event.key] ?? null;
}
