/** What the map's page shows, from its address to the points, and how it goes through time. */

import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { fetchFirstYear } from "../api";
import { useOwnAddress } from "../ownAddress";
import { newestOf, usePipeline } from "../pipeline";
import { type Problem, problemOf, unanswered } from "../problems";
import { useRetry } from "../retry";
import { HOUR_MS } from "../time";
import { fetchMapStations, fetchMapValues, type MapPoint, pointsOf } from "./mapData";
import { type MapState, readMapState, writeMapState } from "./mapState";
import { type MapPeriod, newestMoment, otherwise, readMoment, type Span, stepped, writeMoment } from "./moments";
import { usePlay } from "./usePlay";

export type Phase = "loading" | "ready" | "empty" | "error" | "no-data";

export function useMap() {
  const route = useRoute();
  const router = useRouter();
  const correctAddress = useOwnAddress("map");
  const { status, error: pipelineError, refresh } = usePipeline();
  const state = computed<MapState>((before) => (before && route.name !== "map" ? before : readMapState(route.query)));
  const points = shallowRef<readonly MapPoint[]>([]);
  /** The moment the points are of: while another one is asked for still the one before. */
  const shown = shallowRef<Pick<MapState, "by" | "at"> | null>(null);
  const phase = ref<Phase>("loading");
  const problem = ref<Problem | null>(null);
  const isBusy = ref(false);
  const first = ref<number | null>(null);
  const isFirstKnown = ref(false);
  const retry = useRetry(() => void load());
  let stations: Awaited<ReturnType<typeof fetchMapStations>> | null = null;
  let asked = new AbortController();
  onScopeDispose(() => asked.abort());

  // Without it the years before the newest are reached by typing only.
  fetchFirstYear()
    .then((start) => (first.value = start))
    .catch(() => undefined)
    .finally(() => (isFirstKnown.value = true));

  const span = computed<Span>(() => {
    const layers = state.value.by === "hour" ? ["batch", "speed"] : ["batch"];
    return { first: first.value, last: newestOf(status.value, ...layers) };
  });
  const at = computed(() => readMoment(state.value.by, state.value.at));
  const newest = computed(() => newestMoment(state.value.by, span.value));

  function change(part: Partial<MapState>, isNoted = true): void {
    const query = writeMapState({ ...state.value, ...part });
    void (isNoted ? router.push({ query }) : router.replace({ query }));
  }

  function changeBy(by: MapPeriod): void {
    if (at.value === null) return change({ by, at: "" });
    const layers = by === "hour" ? ["batch", "speed"] : ["batch"];
    const own = { first: first.value, last: newestOf(status.value, ...layers) };
    change({ by, at: writeMoment(by, otherwise(by, state.value.by, at.value, own)) });
  }

  function goTo(start: number, isNoted = true): void {
    change({ at: writeMoment(state.value.by, start) }, isNoted);
  }

  /** Whether there may be something so many steps from here. */
  function reaches(steps: number): boolean {
    if (at.value === null) return false;
    const there = stepped(state.value.by, at.value, steps);
    const { first: begin, last: end } = span.value;
    return steps > 0 ? end !== null && there < end + HOUR_MS : begin === null || stepped(state.value.by, there, 1) > begin;
  }

  function step(steps: number, isNoted = true): void {
    if (at.value !== null) goTo(stepped(state.value.by, at.value, steps), isNoted);
  }

  /** A part of the address that follows from what was done, without a step in the history. */
  function correct(part: Partial<MapState>): void {
    correctAddress(() => writeMapState({ ...readMapState(route.query), ...part }));
  }

  function fill(): void {
    if (route.name !== "map" || state.value.at) return;
    if (newest.value !== null && isFirstKnown.value) correct({ at: writeMoment(state.value.by, newest.value) });
    else if (pipelineError.value) fail(unanswered(false));
    else if (status.value && newest.value === null) phase.value = "no-data";
  }

  function fail(why: Problem): void {
    phase.value = "error";
    problem.value = why;
    play.stop();
  }

  async function load(): Promise<void> {
    asked.abort();
    const { by, at: moment, rule } = state.value;
    if (route.name !== "map" || !moment) return;
    asked = new AbortController();
    const { signal } = asked;
    isBusy.value = true;
    try {
      const [known, values] = await Promise.all([
        stations ?? fetchMapStations(signal),
        fetchMapValues({ by, at: moment, rule }, signal),
      ]);
      stations = known;
      points.value = pointsOf(known, values);
      shown.value = { by, at: moment };
      phase.value = values.station_id.length ? "ready" : "empty";
      retry.settled();
    } catch (error) {
      if (signal.aborted) return;
      fail(problemOf(error));
      if (problem.value?.kind === "away") retry.failed();
      if (!pipelineError.value) void refresh();
    }
    isBusy.value = false;
  }

  const play = usePlay(
    () => step(1, false),
    () => reaches(1),
  );
  watch(shown, () => play.arrived());
  watch([state, newest, isFirstKnown, status, pipelineError], fill, { immediate: true });
  const wanted = computed(() => [state.value.by, state.value.at, state.value.rule].join(" "));
  watch(wanted, () => void load(), { immediate: true });

  return {
    state, points, shown, phase, problem, isBusy, span, at, newest, play,
    change, changeBy, goTo, reaches, step, correct, load,
  };
}
