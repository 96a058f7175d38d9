/** What went wrong, in sentences for people, each with what to do. */

/** away: comes back by itself; missing: is not there; login: has ended; refused: the address is wrong. */
export type ProblemKind = "away" | "missing" | "login" | "refused" | "broken";

export interface Problem {
  kind: ProblemKind;
  title: string;
  text: string;
}

const BY_ITSELF = "This page asks again by itself and comes back as soon as it can.";

/** No answer at all came from the API. */
export function unanswered(isTimeout: boolean): Problem {
  return {
    kind: "away",
    title: isTimeout ? "Isotherm takes too long to answer" : "Isotherm does not answer",
    text: `${BY_ITSELF} If that takes long, whoever runs it finds out more with ./isotherm status.`,
  };
}

function missing(url: string, isOneOfSeveral: boolean): Problem {
  const found = /\/stations\/([^/?]+)|[?&]ids=([^&%,]+)(?=&|$)/.exec(url);
  const station = found?.[1] ?? found?.[2];
  if (station === undefined) {
    return { kind: "missing", title: "This is not here", text: "Isotherm has nothing under this address." };
  }
  const name = decodeURIComponent(station);
  return {
    kind: "missing",
    title: isOneOfSeveral ? `Several stations have the code ${name}` : `There is no station ${name}`,
    text: "Search for it by its name, id or airport code, or look at all stations.",
  };
}

const OF_STATUS: Record<number, Problem> = {
  401: {
    kind: "login",
    title: "Your login has ended",
    text: "Log in to Airflow again, then reload this page.",
  },
  429: { kind: "away", title: "Isotherm is busy", text: BY_ITSELF },
  503: {
    kind: "away",
    title: "The database does not answer",
    text: `Nothing is lost. ${BY_ITSELF} If that takes long, whoever runs Isotherm finds out more with ./isotherm status.`,
  },
};

/** A proxy's answers mean the same as the API's own. */
const SAME_AS: Record<number, number> = { 403: 401, 502: 503, 504: 503 };

/** An answer that is not a success; `accepted` says what the API would have accepted. */
export function answered(status: number, url: string, accepted: string): Problem {
  if (status === 404 || status === 409) return missing(url, status === 409);
  if (status === 400 || status === 422) {
    return {
      kind: "refused",
      title: "Part of this page's address makes no sense",
      text: `${accepted ? `${accepted}. ` : ""}Choose again above.`,
    };
  }
  return (
    OF_STATUS[SAME_AS[status] ?? status] ?? {
      kind: "away",
      title: "Isotherm could not answer",
      text: `Something went wrong inside. ${BY_ITSELF} Its log has the cause: ./isotherm logs api.`,
    }
  );
}

/** The problem behind an error, whatever was thrown. */
export function problemOf(error: unknown): Problem {
  const problem = (error as { problem?: Problem } | null)?.problem;
  return (
    problem ?? {
      kind: "broken",
      title: "This page has an error",
      text: `Reload it; if it comes again, report it with this line: ${error instanceof Error ? error.message : String(error)}`,
    }
  );
}

/** In one sentence, where there is no room for more. */
export function sentenceOf(error: unknown): string {
  const { title, text } = problemOf(error);
  return `${title}. ${text}`;
}
