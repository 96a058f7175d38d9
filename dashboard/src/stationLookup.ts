/** The station of an id or code in the address: known, none, one of several, or not to be had yet. */

import { onScopeDispose, readonly, type Ref, ref, shallowRef, watch } from "vue";
import { ALL_STATIONS, ApiError, type Candidate, fetchStation, type StationDetail } from "./api";
import { useRetry } from "./retry";

/** Why an id or code means no one station. */
export interface NoStation {
  wanted: string;
  isAmbiguous: boolean;
  candidates: Candidate[];
}

/** What an answer says about the station asked for; null if it is about something else. */
export function noStationOf(wanted: string, error: unknown): NoStation | null {
  if (!(error instanceof ApiError) || wanted === ALL_STATIONS) return null;
  if (error.status !== 404 && error.status !== 409) return null;
  return { wanted, isAmbiguous: error.status === 409, candidates: error.candidates };
}

/** Looks a station up whenever another is wanted, again and again while the API does not answer. */
export function useStationLookup(wanted: Ref<string>) {
  const station = shallowRef<StationDetail | null>(null);
  const missing = shallowRef<NoStation | null>(null);
  /** Whether there is nothing more to wait for. */
  const isSettled = ref(false);
  let asked: AbortController | null = null;
  const retry = useRetry(() => void look());

  async function look(): Promise<void> {
    asked?.abort();
    const id = wanted.value;
    // An alias gave way to its station's id.
    if (station.value?.station_id === id) return;
    station.value = null;
    missing.value = null;
    isSettled.value = id === ALL_STATIONS;
    if (isSettled.value) return;
    const own = new AbortController();
    asked = own;
    try {
      const found = await fetchStation(id, own.signal);
      if (asked !== own) return;
      station.value = found;
      isSettled.value = true;
      retry.settled();
    } catch (error) {
      if (asked !== own) return;
      missing.value = noStationOf(id, error);
      isSettled.value = true;
      if (missing.value) retry.settled();
      else retry.failed();
    }
  }

  watch(
    wanted,
    () => {
      retry.settled();
      void look();
    },
    { immediate: true },
  );
  onScopeDispose(() => asked?.abort());
  return { station, missing, isSettled: readonly(isSettled) };
}
