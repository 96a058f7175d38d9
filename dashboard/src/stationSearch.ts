/** What the station picker has found, and whether that is of the text as it stands. */

import { computed, onScopeDispose, ref, shallowRef } from "vue";
import { fetchStations, type Station } from "./api";
import { problemOf } from "./problems";

/** Between two keys of someone typing. */
const PAUSE_MS = 180;
const LIMIT = 50;

export interface Wanted {
  text: string;
  country: string;
}

interface Answer {
  of: Wanted;
  stations: Station[];
  hasMore: boolean;
}

/** Searches a little after the last key; only the newest question's answer is ever taken. */
export function useStationSearch() {
  const wanted = shallowRef<Wanted>({ text: "", country: "" });
  const answer = shallowRef<Answer | null>(null);
  const problem = ref("");
  let asked: AbortController | null = null;
  let isAsking = false;
  let pause: ReturnType<typeof setTimeout> | undefined;

  const isCurrent = computed(() => answer.value?.of === wanted.value);

  /** Asks for something else, after a pause for the next key. */
  function change(next: Partial<Wanted>): void {
    const { text, country } = { ...wanted.value, ...next };
    const clean = { text: text.trim(), country };
    const isSame = clean.text === wanted.value.text && clean.country === wanted.value.country;
    if (isSame && (isCurrent.value || isAsking) && !problem.value) return;
    stop();
    wanted.value = clean;
    problem.value = "";
    pause = setTimeout(() => void ask(), PAUSE_MS);
  }

  /** Asks at once, unless the answer is there or on its way. */
  function hurry(): void {
    if (isCurrent.value || isAsking) return;
    stop();
    void ask();
  }

  async function ask(): Promise<void> {
    const of = wanted.value;
    const own = new AbortController();
    asked = own;
    isAsking = true;
    problem.value = "";
    try {
      const page = await fetchStations({ query: of.text, country: of.country, limit: LIMIT }, own.signal);
      if (asked === own) answer.value = { of, stations: page.data, hasMore: page.next !== null };
    } catch (error) {
      if (asked === own) problem.value = problemOf(error).title;
    } finally {
      if (asked === own) isAsking = false;
    }
  }

  function stop(): void {
    clearTimeout(pause);
    asked?.abort();
    asked = null;
    isAsking = false;
  }

  onScopeDispose(stop);

  return {
    wanted,
    problem,
    /** Whether `stations` are those of the text and country as they stand. */
    isCurrent,
    /** While the answer is on its way: those of an older text, to look at. */
    stations: computed(() => answer.value?.stations ?? []),
    hasMore: computed(() => answer.value?.hasMore ?? false),
    change,
    hurry,
    stop,
  };
}
