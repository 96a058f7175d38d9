/** The History page's state, kept in the address, and the rows it asks for. */

import { computed, ref, shallowRef, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { ALL_STATIONS, fetchFirstYear, fetchSeries, type Point, type StationDetail } from "./api";
import {
  expectedOf,
  type HistoryState,
  MAX_ROWS,
  openingPeriod,
  readState,
  sensibleBy,
  toRequest,
  writeState,
} from "./historyState";
import { useOwnAddress } from "./ownAddress";
import { newestOf, usePipeline } from "./pipeline";
import { type Problem, problemOf, unanswered } from "./problems";
import { useRetry } from "./retry";
import { type NoStation, noStationOf } from "./stationLookup";
import { type Granularity, parseUtc } from "./time";

export type Phase =
  | "loading"
  | "ready"
  | "empty"
  | "silent"
  | "too-many"
  | "error"
  | "no-data"
  | "no-station";

export function useHistory() {
  const route = useRoute();
  const router = useRouter();
  const correctAddress = useOwnAddress("history");
  const { status, error: pipelineError, refresh } = usePipeline();

  const state = computed(() => readState(route.query));
  const station = shallowRef<StationDetail | null>(null);
  const missing = shallowRef<NoStation | null>(null);
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

  /** Period of the data shown, in milliseconds: the station's own under this rule, else all data's. */
  const record = computed<{ first: number | null; last: number | null }>(() => {
    const own = station.value;
    if (!own) return { first: firstOfAll.value, last: newestOf(status.value, "batch", "speed") };
    const spans = own.temperatures;
    const span = spans.find((one) => one.rule === state.value.rule) ?? spans.at(-1);
    if (!span) return { first: null, last: null };
    return { first: parseUtc(span.first_hour), last: parseUtc(span.last_hour) };
  });

  /** Whether it has no temperature at all, whatever period, rule or layer is chosen. */
  const isSilent = computed(() => station.value !== null && !station.value.temperatures.length);

  function change(part: Partial<HistoryState>): void {
    // Another period is seen whole: the part shown was one of the period before.
    const isOtherPeriod = part.from !== undefined && part.to !== undefined;
    void router.push({ query: writeState({ ...state.value, ...(isOtherPeriod ? { zoom: "" } : {}), ...part }) });
  }

  /** By year, one year is one point, by season four: with less than two the whole record is shown. */
  function changeBy(by: Granularity): void {
    const { first, last } = record.value;
    const isOnePoint = (by === "year" || by === "season") && state.value.from.slice(0, 4) === state.value.to.slice(0, 4);
    change({ by, ...(isOnePoint && last !== null ? openingPeriod(by, first, last) : {}) });
  }

  /** Another station starts with its own newest year: few stations share their years. */
  function changeStation(id: string): void {
    if (id === state.value.station) return;
    change({ station: id, from: "", to: "" });
  }

  /** An address may be changed by hand or by "back": what was known was of another station. */
  watch(
    () => state.value.station,
    (id) => {
      if (station.value?.station_id === id) return;
      station.value = null;
      missing.value = null;
      isStationKnown.value = id === ALL_STATIONS;
      phase.value = "loading";
    },
    { flush: "sync" },
  );

  function stationFound(found: StationDetail | null): void {
    if (route.name !== "history") return;
    station.value = found;
    isStationKnown.value = found !== null || state.value.station === ALL_STATIONS;
    correctAddress(renamed);
  }

  /** A code is written as the id it means: one address for one picture. */
  function renamed(): Record<string, string> | null {
    const id = station.value?.station_id;
    return id && id !== state.value.station ? writeState({ ...state.value, station: id }) : null;
  }

  function stationMissing(none: NoStation | null): void {
    missing.value = none;
    if (none) phase.value = "no-station";
  }

  function fillPeriod(): void {
    if (route.name !== "history" || (state.value.from && state.value.to)) return;
    const { last } = record.value;
    // Its code in the address gives way to its id first.
    if (missing.value || renamed()) return;
    if (!isStationKnown.value) {
      if (pipelineError.value) fail(unanswered(false));
    } else if (last !== null) {
      correctAddress(withPeriod);
    } else if (station.value) {
      phase.value = "silent";
    } else if (pipelineError.value) {
      fail(unanswered(false));
    } else if (status.value) {
      phase.value = "no-data";
    }
  }

  function withPeriod(): Record<string, string> | null {
    const { first, last } = record.value;
    const isOfThis = isStationKnown.value && !missing.value && !renamed();
    if (!isOfThis || last === null || (state.value.from && state.value.to)) return null;
    const by = route.query["by"] ? state.value.by : sensibleBy(first, last);
    const period = openingPeriod(by, first, last);
    return writeState({ ...state.value, by, from: state.value.from || period.from, to: state.value.to || period.to });
  }

  function fail(why: Problem): void {
    phase.value = "error";
    problem.value = why;
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
      missing.value = noStationOf(wanted.station, error);
      if (missing.value) phase.value = "no-station";
      else fail(problemOf(error));
      if (problem.value?.kind !== "away" || missing.value) return;
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
    missing,
    points,
    phase: computed(() => (phase.value === "empty" && isSilent.value ? "silent" : phase.value)),
    problem,
    record,
    change,
    changeBy,
    changeStation,
    stationFound,
    stationMissing,
    load: () => load(),
  };
}
