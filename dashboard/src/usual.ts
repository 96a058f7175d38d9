/** What is usual for what History shows: the band behind the chart, the anomalies, the finding. */

import { computed, type Ref } from "vue";
import { useAnswer } from "./answer";
import { ALL_STATIONS, type StationDetail } from "./api";
import { type Anomaly, byStart, type ClimatePeriod, fetchAnomalies, fetchNormals, LEAST_YEARS, type Usual, usualOf } from "./climate";
import { findingOf, periodName, questionOf, spanOfDays } from "./finding";
import { counted } from "./format";
import { type HistoryState, toRequest } from "./historyState";
import { common } from "./locale/common";
import { historyText } from "./locale/history";
import { DAY_MS, nextPeriod, parseUtc, startOf } from "./time";

/** Nothing is asked before the rows are there: they come first. */
export function useUsual(state: Ref<HistoryState>, station: Ref<StationDetail | null>, hasRows: Ref<boolean>) {
  const id = computed(() => {
    const { station: wanted, from, to } = state.value;
    const isKnown = station.value?.station_id === wanted && wanted !== ALL_STATIONS;
    return isKnown && hasRows.value && from && to ? wanted : null;
  });
  const period = computed<ClimatePeriod | null>(() => (state.value.by === "hour" ? null : state.value.by));
  const question = computed(() => questionOf(state.value.from || "2000-01-01", state.value.to || "2000-01-01"));
  const normalsBy = computed(() => (period.value === "day" ? "day" : "month"));
  const named = (...parts: (string | number | null)[]): string | null => (id.value ? [id.value, state.value.rule, ...parts].join(" ") : null);

  const normals = useAnswer(
    () => named(normalsBy.value),
    (signal) => fetchNormals(id.value!, normalsBy.value, state.value.rule, signal),
  );
  const own = useAnswer(
    () => (period.value ? named(period.value, state.value.from, state.value.to) : null),
    (signal) => fetchAnomalies(id.value!, period.value!, toRequest(state.value), state.value.rule, signal),
  );
  const asked = useAnswer(
    () => named(question.value.period, state.value.from, state.value.to),
    (signal) => fetchAnomalies(id.value!, question.value.period, spanOfDays(state.value.from, state.value.to), state.value.rule, signal),
  );

  const lookUp = computed(() => usualOf(normals.body.value?.data ?? []));
  const years = computed(() => yearsBehind(lookUp.value, normalsBy.value, state.value.from, state.value.to));
  const isReady = computed(() => [normals, own, asked].every((one) => one.isSettled.value));
  const finding = computed(() => {
    const anomalies = asked.body.value?.data;
    if (!anomalies || !normals.body.value || !id.value) return null;
    const { from, to } = state.value;
    const found = findingOf({ from, to, anomalies, years: years.value });
    return found && common.titled(periodName(from, to, station.value?.latitude_deg ?? null), found);
  });
  const usual = computed<((start: number) => Usual | null) | null>(() => {
    const by = period.value;
    if (!by || !normals.body.value || years.value < LEAST_YEARS) return null;
    const enough = (found: Usual | null): Usual | null => (found && found.years >= LEAST_YEARS ? found : null);
    const find = lookUp.value;
    return (start) => enough(find(by, start));
  });
  const anomalies = computed<ReadonlyMap<number, Anomaly>>(() =>
    years.value < LEAST_YEARS ? new Map() : byStart(own.body.value?.data ?? []),
  );
  const note = computed(() => {
    const reference = normals.body.value?.meta.reference;
    if (!reference || !period.value) return "";
    if (years.value < LEAST_YEARS) return `${common.tooFewYears(counted(years.value, "year"))}.`;
    return historyText.usualNote(reference.first_year, reference.last_year, counted(years.value, "year"));
  });
  return { finding, usual, anomalies, note, isReady };
}

/** The fewest years behind any month of the days shown. */
function yearsBehind(find: ReturnType<typeof usualOf>, by: "month" | "day", from: string, to: string): number {
  if (!from || !to) return 0;
  const found: number[] = [];
  for (let month = startOf("month", parseUtc(from)); month <= parseUtc(to) && found.length < 12; month = nextPeriod("month", month)) {
    found.push(find(by, by === "day" ? month + 14 * DAY_MS : month)?.years ?? 0);
  }
  return Math.min(...found);
}
