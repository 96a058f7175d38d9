/** The heat map's page of stations: from its address to the rows, and what is chosen of them. */

import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { ALL_STATIONS } from "../api";
import { newestOf, usePipeline } from "../pipeline";
import { type Problem, problemOf, unanswered } from "../problems";
import { useRetry } from "../retry";
import { DAY_MS, isoDay, parseUtc, startOf } from "../time";
import { type DaysPage, type DaysRequest, fetchDays, MAX_DAYS } from "./days";
import { type Fill, readFill, writeFill } from "./selection";

const DEFAULT_DAYS = 90;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function dayOf(value: unknown): number | null {
  if (typeof value !== "string" || !DAY.test(value)) return null;
  const day = parseUtc(value);
  return isoDay(day) === value ? day : null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function useDays() {
  const route = useRoute();
  const router = useRouter();
  const { status, error: pipelineError } = usePipeline();
  const page = shallowRef<DaysPage | null>(null);
  const problem = ref<Problem | null>(null);
  const isBusy = ref(false);
  const retry = useRetry(() => void load());
  let asked = new AbortController();
  onScopeDispose(() => asked.abort());

  /** The newest day there is; without one, or before it is known, null. */
  const newest = computed(() => {
    const hour = newestOf(status.value, "batch");
    return hour === null ? null : startOf("day", hour);
  });
  /** Null until the newest day is known, where the address names none. */
  const request = computed<DaysRequest | null>((before) => {
    if (route.name !== "pipeline") return before ?? null;
    const named = dayOf(route.query["to"]);
    const from = dayOf(route.query["from"]);
    const to = named ?? (from === null ? newest.value : Math.min(from + (DEFAULT_DAYS - 1) * DAY_MS, newest.value ?? Infinity));
    if (to === null) return null;
    const earliest = to - (MAX_DAYS - 1) * DAY_MS;
    const station = textOf(route.query["station"]);
    return {
      from: Math.min(to, Math.max(earliest, from ?? to - (DEFAULT_DAYS - 1) * DAY_MS)),
      to,
      station: station === ALL_STATIONS ? "" : station,
      after: textOf(route.query["after"]),
    };
  });
  const fill = computed(() => readFill(route.query["fill"]));
  const isTable = computed(() => route.query["view"] === "table");

  function change(part: Record<string, string | null>): void {
    const query = { ...route.query, ...part };
    void router.push({ query: Object.fromEntries(Object.entries(query).filter(([, value]) => value)) });
  }

  function choose(chosen: Fill | null): void {
    change({ fill: chosen && writeFill(chosen) });
  }

  async function load(): Promise<void> {
    asked.abort();
    if (route.name !== "pipeline" || request.value === null) return;
    asked = new AbortController();
    const { signal } = asked;
    isBusy.value = true;
    try {
      page.value = await fetchDays(request.value, signal);
      problem.value = null;
      retry.settled();
    } catch (error) {
      if (signal.aborted) return;
      problem.value = problemOf(error);
      if (problem.value.kind === "away") retry.failed();
    }
    isBusy.value = false;
  }

  watch(() => request.value && JSON.stringify(request.value), () => void load(), { immediate: true });
  watch(pipelineError, (error) => {
    if (error && request.value === null) problem.value = unanswered(false);
    else if (!error && request.value === null) problem.value = null;
  }, { immediate: true });

  /** Nothing was ever imported. */
  const isEmpty = computed(() => status.value !== null && request.value === null);
  return { request, page, problem, isBusy, isEmpty, newest, fill, isTable, change, choose, load };
}
