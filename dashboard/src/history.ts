/** The History page's state, kept in the address, and the rows it asks for. */

import { computed, ref, shallowRef, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { ALL_STATIONS, fetchFirstYear, fetchSeries, type Point, type Station } from "./api";
import {
  defaultPeriod,
  expectedOf,
  type HistoryState,
  MAX_ROWS,
  readState,
  toRequest,
  writeState,
} from "./historyState";
import { newestOf, usePipeline } from "./pipeline";
import { type Problem, problemOf, unanswered } from "./problems";
import { useRetry } from "./retry";
import { type Granularity, isoDay, parseUtc } from "./time";

export type Phase = "loading" | "ready" | "empty" | "too-many" | "error" | "no-data";

export function useHistory() {
  const route = useRoute();
  const router = useRouter();
  const { status, error: pipelineError, refresh } = usePipeline();

  const state = computed(() => readState(route.query));
  const station = shallowRef<Station | null>(null);
  const isStationKnown = ref(state.value.station === ALL_STATIONS);
  const points = shallowRef<readonly Point[]>([]);
  const phase = ref<Phase>("loading");
  const problem = ref<Problem | null>(null);
  const retry = useRetry(() => void load(true));
  const firstOfAll = ref<number | null>(null);
  let running: AbortController | null = null;

  // Only the shortcut to the whole record needs it: without it the page works as well.
  fetchFirstYear()
    .then((first) => (firstOfAll.value = first))
    .catch(() => undefined);

  /** Period of the data shown, in milliseconds: the station's own, else up to the newest hour. */
  const record = computed<{ first: number | null; last: number | null }>(() => {
    const own = station.value;
    if (own?.last_observed_at) {
      const first = own.first_observed_at ?? own.last_observed_at;
      return { first: parseUtc(first), last: parseUtc(own.last_observed_at) };
    }
    return { first: firstOfAll.value, last: newestOf(status.value, "batch", "speed") };
  });

  function change(part: Partial<HistoryState>, isStep = true): void {
    // Another period is seen whole: the part shown was one of the period before.
    const isOtherPeriod = part.from !== undefined && part.to !== undefined && isStep;
    const query = writeState({ ...state.value, ...(isOtherPeriod ? { zoom: "" } : {}), ...part });
    void (isStep ? router.push({ query }) : router.replace({ query }));
  }

  /** By year, one year is one point: with less than two the whole record is shown. */
  function changeBy(by: Granularity): void {
    const { first, last } = record.value;
    const isOnePoint = by === "year" && state.value.from.slice(0, 4) === state.value.to.slice(0, 4);
    const period = isOnePoint && first !== null && last !== null ? { from: isoDay(first), to: isoDay(last) } : {};
    change({ by, ...period });
  }

  /** Another station starts with its own newest year: few stations share their years. */
  function changeStation(id: string): void {
    if (id === state.value.station) return;
    station.value = null;
    isStationKnown.value = id === ALL_STATIONS;
    change({ station: id, from: "", to: "" });
  }

  function stationFound(found: Station | null): void {
    station.value = found;
    isStationKnown.value = true;
  }

  function fillPeriod(): void {
    if (route.name !== "history" || (state.value.from && state.value.to)) return;
    if (!isStationKnown.value) return;
    const { first, last } = record.value;
    if (last !== null) {
      const period = defaultPeriod(first, last);
      change({ from: state.value.from || period.from, to: state.value.to || period.to }, false);
    } else if (pipelineError.value) {
      phase.value = "error";
      problem.value = unanswered(false);
    } else if (status.value) {
      phase.value = "no-data";
    }
  }

  /** Asks for the rows; `isAgain` keeps what is shown until they are there. */
  async function load(isAgain = false): Promise<void> {
    running?.abort();
    if (!isAgain) retry.settled();
    const wanted = state.value;
    if (route.name !== "history" || !wanted.from || !wanted.to) return;
    if (expectedOf(wanted).rows > MAX_ROWS) {
      phase.value = "too-many";
      return;
    }
    running = new AbortController();
    const { signal } = running;
    if (!isAgain) phase.value = "loading";
    try {
      points.value = await fetchSeries(toRequest(wanted), signal);
      phase.value = points.value.length ? "ready" : "empty";
      retry.settled();
    } catch (error) {
      if (signal.aborted) return;
      phase.value = "error";
      problem.value = problemOf(error);
      if (problem.value.kind !== "away") return;
      retry.failed();
      if (!pipelineError.value) void refresh(); // The strip says the same, and not half a minute later.
    }
  }

  watch([state, record, isStationKnown, pipelineError], fillPeriod, { immediate: true });
  const asked = computed(() => JSON.stringify({ ...state.value, view: null, zoom: null }));
  watch(asked, () => load(), { immediate: true });

  return {
    state,
    station,
    points,
    phase,
    problem,
    record,
    change,
    changeBy,
    changeStation,
    stationFound,
    load: () => load(),
  };
}
