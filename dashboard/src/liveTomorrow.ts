/** Tomorrow at the same hour, beside the hours of the Live page: the newest forecast that the hours shown could have had. */

import { onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from "vue";
import { ALL_STATIONS } from "./api";
import { type Forecast, fetchForecastAt, type ForecastHour, type Kind } from "./forecast";
import { DAY_MS, isoTime, parseUtc } from "./time";

/** A forecast comes some seconds after its hour; until then the one before is shown. */
const AGAIN_MS = 6_000;

export interface Tomorrow {
  /** Start of the hour the forecast was made from. */
  origin: number;
  kind: Kind;
  /** What is forecast a day after an hour, by that hour's start. */
  hours: ReadonlyMap<number, ForecastHour>;
}

/** The newer one of two answers; of equally new ones the first. */
export function tomorrowOf(answers: readonly Forecast[]): Tomorrow | null {
  const known = answers.flatMap(({ meta, data }) =>
    meta.origin_hour && meta.kind ? [{ origin: parseUtc(meta.origin_hour), kind: meta.kind, data }] : [],
  );
  const newest = known.reduce<(typeof known)[number] | null>(
    (best, one) => (best && best.origin >= one.origin ? best : one),
    null,
  );
  if (!newest) return null;
  const { origin, kind, data } = newest;
  return { origin, kind, hours: new Map(data.map((row) => [parseUtc(row.valid_at) - DAY_MS, row])) };
}

/** Follows the newest hour shown; null for all stations, before the first answer, and where there is no forecast. */
export function useTomorrow(station: Ref<string>, newest: Ref<number | null>): ShallowRef<Tomorrow | null> {
  const tomorrow = shallowRef<Tomorrow | null>(null);
  let asked = new AbortController();
  let again: ReturnType<typeof setTimeout> | undefined;

  function stop(): void {
    asked.abort();
    clearTimeout(again);
  }

  async function load(isSecond: boolean): Promise<void> {
    stop();
    asked = new AbortController();
    const { signal } = asked;
    const [of, hour] = [station.value, newest.value];
    if (of === ALL_STATIONS || hour === null) return;
    const answers = await Promise.all(
      (["service", "hindcast"] as const).map((kind) => fetchForecastAt(of, isoTime(hour), kind, signal)),
    ).catch(() => []); // That the server is away is said by the hours themselves.
    if (signal.aborted) return;
    tomorrow.value = tomorrowOf(answers);
    if (!isSecond && tomorrow.value?.origin !== hour) again = setTimeout(() => void load(true), AGAIN_MS);
  }

  watch(station, () => (tomorrow.value = null), { flush: "sync" });
  watch([station, newest], () => void load(false), { immediate: true });
  onScopeDispose(stop);
  return tomorrow;
}
