/** One request of the documentation page, and as much of its answer as a person reads. */

import { dataText as t } from "./locale/data";
import { ref, type Ref } from "vue";

const SHOWN_CHARACTERS = 6_000;
/** A live stream never ends by itself. */
const STREAM_MS = 15_000;

export interface Answer {
  status: string;
  isGood: boolean;
  milliseconds: number;
  type: string;
  text: string;
  isCut: boolean;
}

interface Trial {
  answer: Ref<Answer | null>;
  isRunning: Ref<boolean>;
  ask: (address: string) => Promise<void>;
  stop: () => void;
}

export function useTrial(): Trial {
  const answer = ref<Answer | null>(null);
  const isRunning = ref(false);
  let running = new AbortController();

  async function ask(address: string): Promise<void> {
    running.abort();
    const own = new AbortController();
    running = own;
    isRunning.value = true;
    const began = performance.now();
    const timer = setTimeout(() => own.abort(), STREAM_MS);
    try {
      const response = await fetch(address, { signal: own.signal });
      answer.value = headOf(response, performance.now() - began);
      await read(response, (text, isCut) => {
        if (answer.value) answer.value = { ...answer.value, text, isCut };
      });
    } catch {
      if (!own.signal.aborted) answer.value = { ...noAnswer(), milliseconds: performance.now() - began };
    } finally {
      clearTimeout(timer);
      own.abort();
      if (running === own) isRunning.value = false;
    }
  }
  return { answer, isRunning, ask, stop: () => running.abort() };
}

function noAnswer(): Answer {
  return { status: t.noAnswer, isGood: false, milliseconds: 0, type: "", text: t.noAnswerMore, isCut: false };
}

function headOf(response: Response, milliseconds: number): Answer {
  return {
    status: `${response.status} ${response.statusText}`.trim(),
    isGood: response.ok,
    milliseconds,
    type: response.headers.get("content-type") ?? "",
    text: "",
    isCut: false,
  };
}

/** Text as it comes, until the answer ends or enough of it is there. */
async function read(response: Response, show: (text: string, isCut: boolean) => void): Promise<void> {
  if (!response.body) return;
  if (isParquet(response)) return show(t.parquet, false);
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    if (!isJson(response)) show(text.slice(0, SHOWN_CHARACTERS), text.length > SHOWN_CHARACTERS);
    if (text.length > SHOWN_CHARACTERS && !isJson(response)) return;
  }
  const whole = isJson(response) ? pretty(text) : text;
  show(whole.slice(0, SHOWN_CHARACTERS), whole.length > SHOWN_CHARACTERS);
}

function isJson(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").includes("json");
}

function isParquet(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").includes("parquet");
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}
