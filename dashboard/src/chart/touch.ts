/** Fingers on a chart: one moves the cursor, two stretch the time between them. Up and down scrolls the page. */

import type uPlot from "uplot";
import type { Range } from "./zoom";

const CLOSEST_PX = 24;

/** Two fingers, each as its pixel from the plot's left edge and the second it holds. */
export interface Pinch {
  seconds: readonly [number, number];
  pixels: readonly [number, number];
}

/** The range that puts each second under its finger again. */
export function pinchedRange({ seconds, pixels }: Pinch, width: number): Range {
  const [left, right] = seconds[0] <= seconds[1] ? [0, 1] : [1, 0];
  const distance = Math.max(CLOSEST_PX, pixels[right]! - pixels[left]!);
  const perPixel = (seconds[right]! - seconds[left]!) / distance;
  const from = seconds[left]! - pixels[left]! * perPixel;
  return [from, from + width * perPixel];
}

export interface PinchHandlers {
  /** While the fingers move. */
  preview: (range: Range) => void;
  /** Once one of them has left. */
  done: (range: Range) => void;
}

/** Listens to fingers on the plotting area; returns what stops it. */
export function addTouch(chart: uPlot, handlers: PinchHandlers): () => void {
  const { over } = chart;
  const fingers = new Map<number, PointerEvent>();
  let held: readonly [number, number] | null = null;
  let range: Range | null = null;
  const pixelOf = (event: PointerEvent): number => event.clientX - over.getBoundingClientRect().left;

  function down(event: PointerEvent): void {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event);
    if (fingers.size !== 2) return;
    const [one, other] = [...fingers.values()].map((finger) => chart.posToVal(pixelOf(finger), "x"));
    held = one === other ? null : [one!, other!];
  }

  function move(event: PointerEvent): void {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    const pixels = [...fingers.values()].map(pixelOf);
    if (fingers.size === 2 && held) {
      range = pinchedRange({ seconds: held, pixels: [pixels[0]!, pixels[1]!] }, over.clientWidth);
      handlers.preview(range);
    } else if (fingers.size === 1) {
      const left = Math.min(over.clientWidth, Math.max(0, pixels[0]!));
      chart.setCursor({ left, top: event.clientY - over.getBoundingClientRect().top });
    }
  }

  function up(event: PointerEvent): void {
    fingers.delete(event.pointerId);
    if (fingers.size < 2 && range) handlers.done(range);
    if (fingers.size < 2) held = range = null;
  }

  const listeners = [["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up]] as const;
  for (const [name, listener] of listeners) over.addEventListener(name, listener);
  over.style.touchAction = "pan-y";
  return () => {
    for (const [name, listener] of listeners) over.removeEventListener(name, listener);
  };
}
