/** Dead letters: messages that could not be used, and what became of each. */

import { apiUrl, getJson, type Page, type Schemas } from "./api";
import { lettersText as t } from "./locale/letters";

export type Letter = Schemas["LetterRow"];
export type LetterWhole = Schemas["LetterWhole"];
export type LetterCount = Schemas["LetterCount"];
type LetterPage = Page<Letter> & { meta: Schemas["LetterMeta"] };
export type LetterState = Letter["state"];

/** In the order in which one comes after another. */
export const STATES: readonly LetterState[] = ["new", "set_aside", "sending", "replayed", "counted", "late", "refused_again", "dropped"];

export interface LetterChoice {
  reason: string;
  state: LetterState | "";
}

/** What an address asks for; what is no state is none. */
export function readChoice(query: Record<string, unknown>): LetterChoice {
  const { reason, state } = query;
  return {
    reason: typeof reason === "string" ? reason : "",
    state: STATES.find((one) => one === state) ?? "",
  };
}

export const PAGE_ROWS = 50;

export function fetchLetters(
  choice: LetterChoice,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<LetterPage> {
  return getJson(apiUrl("dead-letters", { ...choice, limit: PAGE_ROWS, cursor }), signal);
}

export async function fetchLetter(id: number, signal?: AbortSignal): Promise<LetterWhole> {
  return (await getJson<Schemas["OneLetter"]>(apiUrl(`dead-letters/${id}`), signal)).data;
}

export interface ReasonRow {
  reason: string;
  total: number;
  byState: Partial<Record<LetterState, number>>;
}

/** One row per reason, the one with most new letters first. */
export function byReason(counts: readonly LetterCount[]): ReasonRow[] {
  const rows = new Map<string, ReasonRow>();
  for (const { reason, state, count } of counts) {
    const row = rows.get(reason) ?? { reason, total: 0, byState: {} };
    row.total += count;
    row.byState[state] = count;
    rows.set(reason, row);
  }
  return [...rows.values()].sort(
    (one, other) =>
      (other.byState.new ?? 0) - (one.byState.new ?? 0) || one.reason.localeCompare(other.reason),
  );
}

/** The states that any letter is in, in the order in which one comes after another. */
export function statesOf(counts: readonly LetterCount[]): LetterState[] {
  const found = new Set(counts.map((one) => one.state));
  return STATES.filter((state) => found.has(state));
}

/** Where it was: `isotherm.observation 0/17`. */
export function placeOf(letter: Letter): string {
  const place = letter.offset === null ? t.neverReached : `${letter.partition}/${letter.offset}`;
  return `${letter.topic || t.notKnown}, ${place}`;
}

/** JSON indented, anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
