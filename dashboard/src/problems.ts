/** What went wrong, in sentences for people, each with what to do. */

import { problemsText as t } from "./locale/problems";

/** away: comes back by itself; missing: is not there; login: has ended; refused: the address is wrong. */
export type ProblemKind = "away" | "missing" | "login" | "refused" | "broken";

export interface Problem {
  kind: ProblemKind;
  title: string;
  text: string;
}

type Words = () => string;

/** Its words are read when they are shown: in another language they change too. */
function problem(kind: ProblemKind, title: Words, text: Words): Problem {
  return {
    kind,
    get title() {
      return title();
    },
    get text() {
      return text();
    },
  };
}

/** No answer at all came from the API. */
export function unanswered(isTimeout: boolean): Problem {
  return problem("away", () => (isTimeout ? t.tooLong : t.silent), () => `${t.byItself} ${t.ifLong}`);
}

function missing(url: string, isOneOfSeveral: boolean): Problem {
  const found = /\/stations\/([^/?]+)|[?&]ids=([^&%,]+)(?=&|$)/.exec(url);
  const station = found?.[1] ?? found?.[2];
  if (station === undefined) return problem("missing", () => t.notHere, () => t.nothingHere);
  const name = decodeURIComponent(station);
  return problem("missing", () => (isOneOfSeveral ? t.several(name) : t.noStation(name)), () => t.search);
}

const OF_STATUS: Record<number, Problem> = {
  401: problem("login", () => t.loginEnded, () => t.logIn),
  429: problem("away", () => t.busy, () => t.byItself),
  503: problem("away", () => t.database, () => `${t.nothingLost} ${t.byItself} ${t.ifLongIsotherm}`),
};

/** A proxy's answers mean the same as the API's own. */
const SAME_AS: Record<number, number> = { 403: 401, 502: 503, 504: 503 };

/** An answer that is not a success; `accepted` says, in English, what the API would have accepted. */
export function answered(status: number, url: string, accepted: string): Problem {
  if (status === 404 || status === 409) return missing(url, status === 409);
  if (status === 400 || status === 422) {
    return problem("refused", () => t.badAddress, () => `${accepted ? `${accepted}. ` : ""}${t.chooseAgain}`);
  }
  return OF_STATUS[SAME_AS[status] ?? status] ?? problem("away", () => t.couldNot, () => `${t.wentWrong} ${t.byItself} ${t.log}`);
}

/** The problem behind an error, whatever was thrown. */
export function problemOf(error: unknown): Problem {
  const known = (error as { problem?: Problem } | null)?.problem;
  return known ?? problem("broken", () => t.broken, () => t.report(error instanceof Error ? error.message : String(error)));
}

/** In one sentence, where there is no room for more. */
export function sentenceOf(error: unknown): string {
  const { title, text } = problemOf(error);
  return `${title}. ${text}`;
}
