/** Hours as they change: one server-sent event stream, kept alive. */

import { onScopeDispose, type Ref, ref } from "vue";
import { apiUrl, type Query, type SummaryRow } from "./api";

export type Connection = "connecting" | "open" | "waiting";

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 8_000;

export interface LiveFeed {
  connection: Ref<Connection>;
  /** When the last hour came in, in milliseconds; null before the first. */
  lastEventAt: Ref<number | null>;
  /** Closes the stream and opens it with another query. */
  connect: (query: Query) => void;
}

/**
 * Follows GET /api/v1/live until the scope ends. The browser reconnects a broken stream by itself;
 * one the server refused (restart, expired login) is opened again after 2 s, doubling up to 8 s.
 */
export function useLiveFeed(
  onRow: (row: SummaryRow) => void,
  onOpen: () => void,
  open: (url: string) => EventSource = (url) => new EventSource(url),
): LiveFeed {
  const connection = ref<Connection>("connecting");
  const lastEventAt = ref<number | null>(null);
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let delay = FIRST_RETRY_MS;
  let url = "";

  function receive(event: MessageEvent<string>): void {
    let row: unknown;
    try {
      row = JSON.parse(event.data);
    } catch {
      return; // A comment or a greeting, not an hour.
    }
    for (const one of Array.isArray(row) ? row : [row]) {
      if (typeof one?.hour_start !== "string") continue;
      lastEventAt.value = Date.now();
      onRow(one as SummaryRow);
    }
  }

  function start(): void {
    close();
    connection.value = "connecting";
    source = open(url);
    source.onopen = () => {
      delay = FIRST_RETRY_MS;
      connection.value = "open";
      onOpen();
    };
    source.onerror = () => {
      if (source?.readyState === 2) scheduleRetry();
      else connection.value = "connecting";
    };
    for (const name of ["message", "hour"]) source.addEventListener(name, receive as EventListener);
  }

  function scheduleRetry(): void {
    connection.value = "waiting";
    clearTimeout(retry);
    retry = setTimeout(start, delay);
    delay = Math.min(delay * 2, LAST_RETRY_MS);
  }

  function close(): void {
    clearTimeout(retry);
    source?.close();
    source = null;
  }

  onScopeDispose(close);
  return {
    connection,
    lastEventAt,
    connect: (query) => {
      url = apiUrl("live", query);
      start();
    },
  };
}
