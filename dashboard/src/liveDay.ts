/** The day on the Live page: its hours so far, kept current by the stream. */

import { computed, onScopeDispose, type Ref, ref, shallowRef, triggerRef, watch } from "vue";
import { ALL_STATIONS, fetchSeries, type Point, type SummaryRow, toPoint } from "./api";
import { type LastHour, type ReceivedHour, useLiveFeed } from "./live";
import { LEARN_FROM_DAYS, reportingHours } from "./liveHours";
import { problemOf, sentenceOf } from "./problems";
import { useRetry } from "./retry";
import type { Layer, Rule } from "./rules";
import type { StreamState } from "./stream";
import { DAY_MS, parseUtc, startOf } from "./time";

/** How long a changed hour stays highlighted. */
export const HIGHLIGHT_MS = 4_000;
const RELOAD_MS = 800;
const FOLLOW_MS = 2_000;
const MAX_DAYS_SEEN = 12;

export type LiveDay = ReturnType<typeof useLiveDay>;

/**
 * Follows one station (or all) under one rule.
 * @param chosen first instant of the day to stay on; null goes where the stream is.
 */
export function useLiveDay(station: Ref<string>, rule: Ref<Rule>, chosen: Ref<number | null>) {
  const followed = ref<number | null>(null);
  const day = computed(() => chosen.value ?? followed.value);
  const isLoading = ref(false);
  /** Whether a day of this station has been asked for and answered: before, nobody knows its hours. */
  const isKnown = ref(false);
  const error = ref("");
  /** Whether asking again may help: what is not there will not be there then. */
  const canRetry = ref(true);
  const hours = shallowRef(new Map<number, Point>());
  /** Hours of the day that any station has from the stream. */
  const streamed = shallowRef<ReadonlySet<number>>(new Set());
  const reporting = shallowRef<ReadonlySet<number> | null>(null);
  /** When each hour came in last, and whether it changed, since the day is shown. */
  const receipts = shallowRef(new Map<number, LastHour>());
  /** Days of the hours that came in since the page was opened, the last one first. */
  const daysSeen = ref<number[]>([]);
  const stream = shallowRef<StreamState | null>(null);
  let request = 0;
  /** Hours that came in since the day was asked for last: its answer may be older than they are. */
  let newer = new Map<number, Point>();
  /** Whether this day was answered: before, no hour of an answer is one that changed. */
  let isAnswered = false;
  let learning = Promise.resolve();
  let reload: ReturnType<typeof setTimeout> | undefined;
  let followedAt = 0;
  const retry = useRetry(() => void load(false));

  function fetchHours(from: number, to: number, of: string, layer: Layer): Promise<Point[]> {
    return fetchSeries({ station: of, by: "hour", rule: rule.value, layer, from, to });
  }

  async function load(mark: boolean): Promise<void> {
    const shown = day.value;
    if (shown === null) return;
    const own = ++request;
    newer = new Map();
    isLoading.value = !mark || !isAnswered;
    try {
      const [points, ofAll] = await Promise.all([
        fetchHours(shown, shown + DAY_MS, station.value, "speed"),
        station.value === ALL_STATIONS ? [] : fetchHours(shown, shown + DAY_MS, ALL_STATIONS, "speed"),
        learning,
      ]);
      if (own !== request) return;
      replaceHours(points, mark && isAnswered);
      isAnswered = true;
      streamed.value = new Set([...points, ...ofAll].map((point) => point.start));
      error.value = "";
      retry.settled();
    } catch (problem) {
      if (own !== request) return;
      error.value = sentenceOf(problem);
      if (problemOf(problem).kind === "away") retry.failed();
      canRetry.value = problemOf(problem).kind !== "missing";
    } finally {
      if (own === request) [isLoading.value, isKnown.value] = [false, true];
    }
  }

  /** Which hours a station reports; where that cannot be known all are shown. */
  async function learn(): Promise<void> {
    const [shown, of] = [day.value, station.value];
    if (shown === null || of === ALL_STATIONS) return;
    const before = await fetchHours(shown - LEARN_FROM_DAYS * DAY_MS, shown, of, "best").catch(() => []);
    if (shown === day.value && of === station.value) reporting.value = reportingHours(before);
  }

  function replaceHours(points: Point[], mark: boolean): void {
    const before = hours.value;
    hours.value = new Map([...points, ...newer.values()].map((point) => [point.start, point]));
    if (!mark) return;
    for (const point of hours.value.values()) {
      if (differs(before.get(point.start), point)) note(point.start, true);
    }
  }

  function note(start: number, changed: boolean): void {
    const last = receipts.value.get(start);
    // Of all stations one may change the hour and the next one leave it: the change is what is said.
    if (!changed && last?.changed && Date.now() - last.at < HIGHLIGHT_MS) return;
    receipts.value.set(start, { at: Date.now(), changed });
    triggerRef(receipts);
  }

  function reloadSoon(): void {
    reload ??= setTimeout(() => {
      reload = undefined;
      void load(true);
    }, RELOAD_MS);
  }

  function receive(row: SummaryRow): void {
    const point = toPoint(row);
    if (!isOfDay(row)) return;
    if (station.value === ALL_STATIONS) {
      reloadSoon(); // The mean of all stations is the server's to compute.
      return;
    }
    if (differs(hours.value.get(point.start), point)) note(point.start, true);
    hours.value.set(point.start, point);
    newer.set(point.start, point);
    triggerRef(hours);
  }

  function receiveSame(hour: ReceivedHour): void {
    if (isOfDay(hour)) note(parseUtc(hour.hour_start ?? ""), false);
  }

  /** Whether an hour that came in belongs to the day shown, which may go where the hour is. */
  function isOfDay(hour: ReceivedHour): boolean {
    if (hour.layer !== "speed" || hour.rule !== rule.value) return false;
    const itsDay = startOf("day", parseUtc(hour.hour_start ?? ""));
    if (itsDay !== daysSeen.value[0]) {
      daysSeen.value = [itsDay, ...daysSeen.value.filter((one) => one !== itsDay)].slice(0, MAX_DAYS_SEEN);
    }
    const isRested = followed.value === null || Date.now() - followedAt >= FOLLOW_MS;
    if (chosen.value === null && itsDay !== day.value && isRested) {
      followedAt = Date.now();
      followed.value = itsDay;
    }
    return itsDay === day.value;
  }

  const feed = useLiveFeed({
    onRow: receive,
    onSame: receiveSame,
    onStream: (state) => (stream.value = state),
    onOpen: reloadSoon,
  });
  watch([station, rule], ([to], [from]) => {
    daysSeen.value = [];
    if (to !== from) {
      [followed.value, followedAt] = [null, 0];
      [isKnown.value, reporting.value] = [false, null];
    }
    connect();
  });
  function show(): void {
    hours.value = new Map();
    isAnswered = false;
    streamed.value = new Set();
    receipts.value = new Map();
    learning = learn();
    void load(false);
  }
  watch([station, rule], show, { immediate: true });
  // At once: the hour that moved the page to another day is noted on that day.
  watch(day, show, { flush: "sync" });
  onScopeDispose(() => clearTimeout(reload));

  function connect(): void {
    const one = station.value === ALL_STATIONS ? undefined : station.value;
    feed.connect({ station_id: one, rule: rule.value });
  }
  connect();

  return {
    day,
    isLoading,
    isKnown,
    error,
    canRetry,
    daysSeen,
    receipts,
    stream,
    streamed,
    reporting,
    connection: feed.connection,
    last: feed.last,
    points: computed(() => [...hours.value.values()].sort((one, other) => one.start - other.start)),
    retry: () => load(false),
    /** Where to be until an hour has come in: where a running stream is, or once the newest day there is. */
    startAt: (instant: number | null, isStreaming: boolean) => {
      const isWanted = followed.value === null || (isStreaming && !followedAt);
      if (isWanted && instant !== null) followed.value = startOf("day", instant);
    },
  };
}

function differs(before: Point | undefined, after: Point): boolean {
  return (
    before === undefined ||
    before.observation_count !== after.observation_count ||
    before.min_c !== after.min_c ||
    before.mean_c !== after.mean_c ||
    before.max_c !== after.max_c
  );
}
