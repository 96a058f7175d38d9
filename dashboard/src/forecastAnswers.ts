/** A forecast and its scores, asked for as the page's state changes. */

import { type MaybeRefOrGetter, onScopeDispose, type Ref, ref, type ShallowRef, shallowRef, toValue, watch } from "vue";
import { fetchForecast, fetchScores, type Forecast, type ForecastState, type ScoreTable } from "./forecast";
import { problemOf, sentenceOf } from "./problems";
import { useRetry } from "./retry";
import { type NoStation, noStationOf } from "./stationLookup";

export interface ForecastAnswers {
  answer: ShallowRef<Forecast | null>;
  /** Asked for only where the state shows skill. */
  scores: ShallowRef<ScoreTable | null>;
  /** Set where the station is not known. */
  missing: ShallowRef<NoStation | null>;
  /** A sentence, empty where nothing failed. */
  error: Ref<string>;
  load: () => Promise<void>;
}

/** What the state asks for; nothing is asked while the page is not shown. The last question alone is answered. */
export function useForecast(state: Ref<ForecastState>, isShown: MaybeRefOrGetter<boolean>): ForecastAnswers {
  const answer = shallowRef<Forecast | null>(null);
  const scores = shallowRef<ScoreTable | null>(null);
  const missing = shallowRef<NoStation | null>(null);
  const error = ref("");
  const retry = useRetry(() => void load());
  let asked = new AbortController();
  onScopeDispose(() => asked.abort());

  async function load(): Promise<void> {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const wanted = state.value;
    error.value = "";
    if (!wanted.station || !toValue(isShown)) return;
    try {
      if (wanted.view === "skill") scores.value = await fetchScores(wanted.station, signal);
      answer.value = await fetchForecast(wanted, signal);
      retry.settled();
    } catch (problem) {
      if (signal.aborted) return;
      missing.value = noStationOf(wanted.station, problem);
      if (missing.value) return;
      error.value = sentenceOf(problem);
      if (problemOf(problem).kind === "away") retry.failed();
    }
  }

  function forget(): void {
    [answer.value, scores.value, missing.value] = [null, null, null];
  }

  watch(() => state.value.station, forget, { flush: "sync" });
  watch(
    () => [state.value.station, state.value.reach, state.value.origin, state.value.view === "skill"].join(" "),
    () => void load(),
    { immediate: true },
  );
  return { answer, scores, missing, error, load };
}
