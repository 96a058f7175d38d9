/** Hours as they come in: one server-sent event stream, kept alive. */

import { onScopeDispose, type Ref, ref } from "vue";
import { apiUrl, type Query, type SummaryRow } from "./api";
import type { StreamState } from "./stream";

export type Connection = "connecting" | "open" | "waiting";

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 8_000;

/** An hour that came in: its row where that changed, else only which hour it is. */
export type ReceivedHour = Pick<SummaryRow, "station_id" | "hour_start" | "layer" | "rule" | "dataset">;

export interface LiveHandlers {
  onRow: (row: SummaryRow) => void;
  /** An hour came in again and its row is the same as before. */
  onSame?: (hour: ReceivedHour) => void;
  onStream?: (state: StreamState) => void;
  onOpen?: () => void;
}

export interface LastHour {
  /** When it came in, in milliseconds. */
  at: number;
  changed: boolean;
}

export interface LiveFeed {
  connection: Ref<Connection>;
  /** The last hour that came in; null before the first. */
  last: Ref<LastHour | null>;
  /** Closes the stream and opens it with another query. */
  connect: (query: Query) => void;
}

/**
 * Follows GET /api/v1/live until the scope ends. The browser reconnects a broken stream by itself;
 * one the server refused (restart, expired login) is opened again after 2 s, doubling up to 8 s.
 */
export function useLiveFeed(
  handlers: LiveHandlers,
  open: (url: string) => EventSource = (url) => new EventSource(url),
): LiveFeed {
  const connection = ref<Connection>("connecting");
  const last = ref<LastHour | null>(null);
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let delay = FIRST_RETRY_MS;
  let url = "";

  function receive(event: MessageEvent<string>): void {
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // A comment or a greeting.
    }
    if (typeof data !== "object" || data === null) return;
    if (event.type === "stream") handlers.onStream?.(data as StreamState);
    else if ("hour_start" in data && typeof data.hour_start === "string") takeHour(event.type, data);
  }

  function takeHour(type: string, hour: object): void {
    const changed = type !== "received";
    last.value = { at: Date.now(), changed };
    if (changed) handlers.onRow(hour as SummaryRow);
    else handlers.onSame?.(hour as ReceivedHour);
  }

  function start(): void {
    close();
    connection.value = "connecting";
    source = open(url);
    source.onopen = () => {
      delay = FIRST_RETRY_MS;
      connection.value = "open";
      handlers.onOpen?.();
    };
    source.onerror = () => {
      if (source?.readyState === 2) scheduleRetry();
      else connection.value = "connecting";
    };
    for (const name of ["hour", "received", "stream"]) source.addEventListener(name, receive as EventListener);
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
    last,
    connect: (query) => {
      url = apiUrl("live", query);
      start();
    },
  };
}
