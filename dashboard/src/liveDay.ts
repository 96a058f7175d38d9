/** The day on the Live page: its hours so far, kept current by the stream. */

import { computed, onScopeDispose, type Ref, ref, shallowRef, triggerRef, watch } from "vue";
import { ALL_STATIONS, fetchSeries, type Point, type SummaryRow, toPoint } from "./api";
import { useLiveFeed } from "./live";
import { problemOf, sentenceOf } from "./problems";
import { useRetry } from "./retry";
import type { Rule } from "./rules";
import { DAY_MS, startOf } from "./time";

/** How long a changed hour stays highlighted. */
export const HIGHLIGHT_MS = 4_000;
const RELOAD_MS = 800;
const FOLLOW_MS = 2_000;
const MAX_DAYS_SEEN = 12;

export type LiveDay = ReturnType<typeof useLiveDay>;

/** Follows one station (or all) under one rule; `day` is the first instant of the day shown. */
export function useLiveDay(station: Ref<string>, rule: Ref<Rule>) {
  const day = ref<number | null>(null);
  const isFollowing = ref(true);
  const isLoading = ref(false);
  const error = ref("");
  const hours = shallowRef(new Map<number, Point>());
  const changedAt = shallowRef(new Map<number, number>());
  /** Days with changes since the page was opened, newest change first. */
  const daysSeen = ref<number[]>([]);
  let request = 0;
  let reload: ReturnType<typeof setTimeout> | undefined;
  let followedAt = 0;
  const retry = useRetry(() => void load(false));

  async function load(mark: boolean): Promise<void> {
    const shown = day.value;
    if (shown === null) return;
    const own = ++request;
    isLoading.value = !mark;
    try {
      const points = await fetchSeries({
        station: station.value,
        by: "hour",
        rule: rule.value,
        layer: "speed",
        from: shown,
        to: shown + DAY_MS,
      });
      if (own !== request) return;
      replaceHours(points, mark);
      error.value = "";
      retry.settled();
    } catch (problem) {
      if (own !== request) return;
      error.value = sentenceOf(problem);
      if (problemOf(problem).kind === "away") retry.failed();
    } finally {
      if (own === request) isLoading.value = false;
    }
  }

  function replaceHours(points: Point[], mark: boolean): void {
    const before = hours.value;
    hours.value = new Map(points.map((point) => [point.start, point]));
    if (!mark) return;
    for (const point of points) if (differs(before.get(point.start), point)) highlight(point.start);
  }

  function highlight(start: number): void {
    changedAt.value.set(start, Date.now());
    triggerRef(changedAt);
  }

  function reloadSoon(): void {
    reload ??= setTimeout(() => {
      reload = undefined;
      void load(true);
    }, RELOAD_MS);
  }

  function receive(row: SummaryRow): void {
    if (row.layer !== "speed" || row.rule !== rule.value) return;
    const isOne = station.value !== ALL_STATIONS;
    if (isOne && row.station_id !== station.value) return;
    const point = toPoint(row);
    const itsDay = startOf("day", point.start);
    daysSeen.value = [itsDay, ...daysSeen.value.filter((one) => one !== itsDay)].slice(0, MAX_DAYS_SEEN);
    if (itsDay !== day.value) {
      follow(itsDay);
    } else if (isOne) {
      if (differs(hours.value.get(point.start), point)) highlight(point.start);
      hours.value.set(point.start, point);
      triggerRef(hours);
    } else {
      reloadSoon(); // The mean of all stations is the server's to compute.
    }
  }

  function follow(itsDay: number): void {
    if (day.value !== null && (!isFollowing.value || Date.now() - followedAt < FOLLOW_MS)) return;
    followedAt = Date.now();
    day.value = itsDay;
  }

  const feed = useLiveFeed(receive, () => reloadSoon());
  watch([station, rule], () => {
    daysSeen.value = [];
    connect();
  });
  watch([station, rule, day], () => {
    hours.value = new Map();
    changedAt.value = new Map();
    void load(false);
  });
  onScopeDispose(() => clearTimeout(reload));

  function connect(): void {
    const one = station.value === ALL_STATIONS ? undefined : station.value;
    feed.connect({ station_id: one, rule: rule.value });
  }
  connect();

  return {
    day,
    isFollowing,
    isLoading,
    error,
    daysSeen,
    changedAt,
    connection: feed.connection,
    lastEventAt: feed.lastEventAt,
    points: computed(() => [...hours.value.values()].sort((one, other) => one.start - other.start)),
    retry: () => load(false),
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
