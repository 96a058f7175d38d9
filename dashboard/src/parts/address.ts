/** The state of a tab of History, which is the query part of its address. */

import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import { useOwnAddress } from "../ownAddress";
import { type Rule, RULES } from "../rules";
import { isoDay, parseUtc } from "../time";

export type QueryValues = Record<string, unknown>;

export function oneOf<Name extends string>(names: readonly Name[], value: unknown, fallback: Name): Name {
  return names.includes(value as Name) ? (value as Name) : fallback;
}

export function ruleOf(value: unknown): Rule {
  return oneOf(RULES, value, "routine");
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A day as 2014-07-05; empty where it is none. */
export function dayOf(value: unknown): string {
  const text = textOf(value);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isoDay(parseUtc(text)) === text ? text : "";
}

/** Without what is empty. */
export function said(query: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}

export interface Address<State> {
  /** As it was while another page is shown. */
  state: ComputedRef<State>;
  isShown: ComputedRef<boolean>;
  change: (part: Partial<State>) => void;
  /** A part that follows from what is known, without a step in the browser's history. */
  correct: (part: Partial<State>) => void;
}

export function useAddress<State extends object>(
  page: string,
  read: (query: QueryValues) => State,
  write: (state: State) => Record<string, string>,
): Address<State> {
  const route = useRoute();
  const router = useRouter();
  const correctAddress = useOwnAddress(page);
  const isShown = computed(() => route.name === page);
  const state = computed<State>((before) => (before && !isShown.value ? before : read(route.query)));
  return {
    state,
    isShown,
    change: (part) => void router.push({ query: write({ ...state.value, ...part }) }),
    correct: (part) => correctAddress(() => write({ ...read(route.query), ...part })),
  };
}
