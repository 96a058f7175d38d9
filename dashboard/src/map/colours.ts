/**
 * One colour for each temperature, the same on every map: ColorBrewer's RdYlBu, which every colour
 * vision tells apart, from blue through pale yellow at the freezing point to red.
 */

export const COLDEST_C = -40;
export const WARMEST_C = 40;
const STOPS = [
  "#313695", "#4575b4", "#74add1", "#abd9e9", "#e0f3f8", "#ffffbf", "#fee090", "#fdae61", "#f46d43", "#d73027", "#a50026",
] as const;
/** Neighbouring ones are told apart by nobody, and each is painted once. */
export const SHADES = 80;

/** Which of `SHADES`; beyond the ends the first and last. */
export function shadeOf(value_c: number): number {
  const share = (value_c - COLDEST_C) / (WARMEST_C - COLDEST_C);
  return Math.min(SHADES - 1, Math.max(0, Math.floor(share * SHADES)));
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function mixed(share: number): string {
  const place = Math.min(STOPS.length - 1, Math.max(0, share * (STOPS.length - 1)));
  const below = Math.min(STOPS.length - 2, Math.floor(place));
  const [low, high] = [channels(STOPS[below]!), channels(STOPS[below + 1]!)];
  const parts = low.map((one, at) => Math.round(one + (high[at]! - one) * (place - below)));
  return `rgb(${parts.join(" ")})`;
}

/** The colour of each shade. */
export const COLOURS: readonly string[] = Array.from({ length: SHADES }, (_, at) => mixed((at + 0.5) / SHADES));

export function colourOf(value_c: number): string {
  return COLOURS[shadeOf(value_c)]!;
}

/** The colour of a difference on the same scale: pale yellow is none, the ends are `reach_c` or more. */
export function differenceColourOf(difference_c: number, reach_c: number): string {
  return colourOf((difference_c / reach_c) * WARMEST_C);
}

/** Stops of the legend's bar: share of its length, colour. */
export const GRADIENT: readonly { offset: number; colour: string }[] = STOPS.map((colour, at) => ({
  offset: at / (STOPS.length - 1),
  colour,
}));
