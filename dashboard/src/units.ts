/** The unit temperatures are shown in. Everything counts in degrees Celsius; only what is written or drawn is converted. */

import { computed, readonly, ref } from "vue";
import type { LocationQueryRaw, Router } from "vue-router";

/** As the API's `units=` names them. */
export const UNITS = ["metric", "imperial"] as const;
export type Units = (typeof UNITS)[number];

const DEFAULT_UNITS: Units = "metric";
const REMEMBERED = "isotherm.units";
const current = ref<Units>(DEFAULT_UNITS);

/** What is shown now. */
export const units = readonly(current);
/** °C or °F */
export const degrees = computed(() => (current.value === "imperial" ? "°F" : "°C"));

/** A temperature as it is shown; a missing one stays missing. */
export function inUnits<Missing extends null | undefined>(value_c: number | Missing): number | Missing {
  return typeof value_c === "number" && current.value === "imperial" ? (value_c * 9) / 5 + 32 : value_c;
}

/** A difference of two temperatures as it is shown: nothing is added to it. */
export function differenceInUnits(difference_c: number): number {
  return current.value === "imperial" ? (difference_c * 9) / 5 : difference_c;
}

/** The part of an API address that asks for the same units. */
export function unitsQuery(): { units?: Units } {
  return current.value === DEFAULT_UNITS ? {} : { units: current.value };
}

/** A browser that keeps nothing (a frame, a private window) shows what the address says. */
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function readUnits(text: unknown): Units | null {
  return UNITS.includes(text as Units) ? (text as Units) : null;
}

/** The address says the unit wherever it is not the usual one, so that a copied link shows the same page. */
function withUnits({ units: _, ...query }: LocationQueryRaw): LocationQueryRaw {
  return { ...query, ...unitsQuery() };
}

/** Takes the unit from the address, else from the last choice, and keeps it from page to page. Call it once. */
export function followUnits(router: Router): void {
  current.value = readUnits(storage()?.getItem(REMEMBERED)) ?? DEFAULT_UNITS;
  router.beforeEach((to) => {
    const asked = readUnits(to.query["units"]);
    if (asked) current.value = asked;
    else if (current.value !== DEFAULT_UNITS) return { ...to, query: withUnits(to.query) };
    return true;
  });
}

/** Shows another unit from now on. */
export async function chooseUnits(router: Router, chosen: Units): Promise<void> {
  current.value = chosen;
  storage()?.setItem(REMEMBERED, chosen);
  await router.replace({ query: withUnits(router.currentRoute.value.query) });
}
