/** By whose clock hours are written: UTC, the station's, or that of whoever looks. Days and longer periods stay those of UTC. */

import { computed, onScopeDispose, type Ref, shallowRef, watch } from "vue";
import type { Station } from "./api";
import { preference } from "./preference";
import type { Granularity } from "./time";

export const CLOCKS = ["utc", "station", "browser"] as const;
export type Clock = (typeof CLOCKS)[number];
export const UTC = "UTC";

const own = preference<Clock>("clock", CLOCKS, () => "utc");
export const clock = own.current;
export const { follow: followClock, choose: chooseClock } = own;

const stationZone = shallowRef(UTC);
/** The zone of the IANA database hours are shown in; a station without a place, and all of them together, go by UTC. */
export const zone = computed(() => {
  if (clock.value === "browser") return new Intl.DateTimeFormat().resolvedOptions().timeZone || UTC;
  return clock.value === "station" ? stationZone.value : UTC;
});

/** What a table, an axis or a sentence names its clock: of hours the chosen one, else UTC. */
export function zoneOf(by: Granularity): string {
  return by === "hour" ? zone.value : UTC;
}

/** Looks the zone up by the station's place while its clock is chosen; the atlas of zones comes then. */
export function useStationZone(station: Ref<Pick<Station, "latitude_deg" | "longitude_deg"> | null>): void {
  let asked = 0;
  watch(
    [station, clock],
    async () => {
      const [number, place] = [++asked, station.value];
      if (clock.value !== "station") return;
      if (place?.latitude_deg == null || place.longitude_deg === null) return void (stationZone.value = UTC);
      const { default: zoneAt } = await import("@photostructure/tz-lookup");
      if (number === asked) stationZone.value = zoneAt(place.latitude_deg, place.longitude_deg!);
    },
    { immediate: true },
  );
  onScopeDispose(() => (asked = -1));
}

const FORMS = new Map<string, Intl.DateTimeFormat>();

function formOf(name: string): Intl.DateTimeFormat {
  const known = FORMS.get(name);
  if (known) return known;
  const two = "2-digit" as const;
  const form = new Intl.DateTimeFormat("en-GB", {
    timeZone: name, hourCycle: "h23", year: "numeric", month: two, day: two, hour: two, minute: two, second: two,
  });
  FORMS.set(name, form);
  return form;
}

/** An instant as a number whose UTC parts are what the clocks of a zone show then. */
export function onClock(instant: number, name: string): number {
  if (name === UTC) return instant;
  const parts = Object.fromEntries(formOf(name).formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = parts as Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The instant at which those clocks show this; one that they leave out in spring is the first after it. */
export function fromClock(shown: number, name: string): number {
  const guess = shown - (onClock(shown, name) - shown);
  const found = shown - (onClock(guess, name) - guess);
  return onClock(found, name) === shown ? found : Math.max(found, guess);
}
