/** The unit temperatures are shown in. Everything counts in degrees Celsius; only what is written or drawn is converted. */

import { computed } from "vue";
import { preference } from "./preference";

/** As the API's `units=` names them. */
export const UNITS = ["metric", "imperial"] as const;
export type Units = (typeof UNITS)[number];

const own = preference<Units>("units", UNITS, () => "metric");
/** What is shown now. */
export const units = own.current;
export const { follow: followUnits, choose: chooseUnits } = own;

/** °C or °F */
export const degrees = computed(() => (units.value === "imperial" ? "°F" : "°C"));

/** A temperature as it is shown; a missing one stays missing. */
export function inUnits<Missing extends null | undefined>(value_c: number | Missing): number | Missing {
  return typeof value_c === "number" && units.value === "imperial" ? (value_c * 9) / 5 + 32 : value_c;
}

/** A difference of two temperatures as it is shown: nothing is added to it. */
export function differenceInUnits(difference_c: number): number {
  return units.value === "imperial" ? (difference_c * 9) / 5 : difference_c;
}

/** The part of an API address that asks for the same units: of files, since what a page draws counts in Celsius. */
export function unitsQuery(): { units?: Units } {
  return own.isUsual() ? {} : { units: units.value };
}
