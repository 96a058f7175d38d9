/** Stands in for the browser's EventSource, which no server can make fail on cue. */
export class ScriptedSource extends EventTarget {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 0;
  closed = false;
  constructor(readonly url: string) {
    super();
  }
  close(): void {
    this.closed = true;
  }
  send(data: string, type = "hour"): void {
    this.dispatchEvent(new MessageEvent(type, { data }));
  }
  refuse(): void {
    this.readyState = 2;
    this.onerror?.();
  }
}
