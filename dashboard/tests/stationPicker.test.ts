import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ALL_STATIONS, type Station } from "../src/api";
import StationPicker from "../src/components/StationPicker.vue";

const NAMES = ["JAN MAYEN", "JANUARY BAY", "OSLO", "ZURICH"];
const STATIONS = NAMES.map((name, at) => ({
  station_id: `0000000000${at}`,
  name,
  country: "NO",
  icao: null,
  iata: null,
  aliases: [],
})) as unknown as Station[];
const JAN_MAYEN = STATIONS[0]!.station_id;
const PAUSE = 200;

/** Answers wait until they are let go, and then come whether or not anyone still wants them. */
class SlowApi {
  asked: { query: string; signal: AbortSignal; answer: (found: Station[]) => void; fail: () => void }[] = [];
  /** Whether searches answer at once. */
  isQuick = false;

  fetch = (input: unknown, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input));
    const route = url.pathname.split("/api/v1/")[1]!;
    if (route === "countries") return Promise.resolve(json({ data: [] }));
    if (route.startsWith("stations/")) {
      const one = STATIONS.find((station) => route.endsWith(station.station_id));
      return Promise.resolve(one ? json({ data: { ...one, temperatures: [] } }) : json({ detail: "none" }, 404));
    }
    const query = url.searchParams.get("query") ?? "";
    const found = STATIONS.filter((one) => one.name!.toLowerCase().startsWith(query.toLowerCase()));
    if (this.isQuick) return Promise.resolve(json({ data: found, next: null }));
    return new Promise((resolve, reject) =>
      this.asked.push({
        query,
        signal: init!.signal!,
        answer: (stations) => resolve(json({ data: stations, next: null })),
        fail: () => reject(new TypeError("network")),
      }),
    );
  };

  of(query: string) {
    const one = this.asked.find((request) => request.query === query);
    if (!one) throw new Error(`not asked for ${query}, but ${this.asked.map((request) => request.query).join(", ")}`);
    return one;
  }
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

let api: SlowApi;
let picker: ReturnType<typeof mount<typeof StationPicker>>;
const input = () => picker.get<HTMLInputElement>("input");
const names = () => picker.findAll("[role=option]").map((one) => one.text().split(" ")[0]);
const chosen = () => (picker.emitted("update:modelValue") ?? []).flat();
const message = () => picker.get("[role=status]").text();

async function press(key: string, options: object = {}): Promise<void> {
  await input().trigger("keydown", { key, ...options });
  await flushPromises();
}

async function typeIn(text: string): Promise<void> {
  await input().setValue(text);
}

async function pause(): Promise<void> {
  await vi.advanceTimersByTimeAsync(PAUSE);
  await flushPromises();
}

/** aria-activedescendant names an option that is there, or is not there itself. */
function activeOption(): string | null {
  const id = input().attributes("aria-activedescendant");
  if (id === undefined) return null;
  const option = picker.find(`[id='${id}']`);
  expect(option.exists()).toBe(true);
  return option.text().split(" ")[0]!;
}

beforeEach(async () => {
  vi.useFakeTimers();
  api = new SlowApi();
  vi.spyOn(globalThis, "fetch").mockImplementation(api.fetch as typeof fetch);
  picker = mount(StationPicker, { props: { modelValue: ALL_STATIONS }, attachTo: document.body });
  await input().trigger("focus");
});
afterEach(() => {
  picker.unmount();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("Enter", () => {
  it("waits for the answer to the very text, and never takes one of an older text", async () => {
    await typeIn("jan");
    await pause();
    await typeIn("jan mayen");
    await press("Enter");
    expect(chosen()).toEqual([]);
    api.of("jan").answer([STATIONS[1]!]);
    api.of("").answer(STATIONS);
    await flushPromises();
    expect(chosen()).toEqual([]);
    api.of("jan mayen").answer([STATIONS[0]!]);
    await flushPromises();
    expect(chosen()).toEqual([JAN_MAYEN]);
    expect(input().attributes("aria-expanded")).toBe("false");
  });

  it("does not wait for the pause after the last key", async () => {
    await typeIn("jan mayen");
    await press("Enter");
    expect(api.of("jan mayen").signal.aborted).toBe(false);
    await pause();
    expect(api.asked.filter((one) => one.query === "jan mayen")).toHaveLength(1);
  });

  it("is given up when one types on, leaves or presses Esc before the answer", async () => {
    for (const giveUp of [
      () => typeIn("jan mayen x"),
      () => press("Escape"),
      () => input().trigger("focusout", { relatedTarget: document.body }),
    ]) {
      await typeIn("jan mayen");
      await press("Enter");
      const request = api.asked.at(-1)!;
      await giveUp();
      request.answer([STATIONS[0]!]);
      await flushPromises();
    }
    expect(chosen()).toEqual([]);
  });

  it("does nothing where nothing matches, which is said", async () => {
    await typeIn("nowhere");
    await press("Enter");
    api.of("nowhere").answer([]);
    await flushPromises();
    await press("Enter");
    expect(chosen()).toEqual([]);
    expect(message()).toContain("No station matches “nowhere”");
    expect(input().element.value).toBe("nowhere");
    expect(activeOption()).toBeNull();
  });

  it("does nothing when the list is closed, nor before something is typed", async () => {
    api.isQuick = true;
    await press("Escape");
    await press("Enter");
    await input().trigger("click");
    await pause();
    await press("Enter");
    expect(chosen()).toEqual([]);
  });

  it("ends a composition of signs without choosing", async () => {
    api.isQuick = true;
    await typeIn("jan mayen");
    await pause();
    await press("Enter", { isComposing: true });
    expect(chosen()).toEqual([]);
    await press("Enter");
    expect(chosen()).toEqual([JAN_MAYEN]);
  });
});

describe("Esc", () => {
  it("closes, puts back what is chosen, and Enter then does nothing", async () => {
    await picker.setProps({ modelValue: JAN_MAYEN });
    await flushPromises();
    await typeIn("zurich");
    await press("Escape");
    expect(input().element.value).toBe("Jan Mayen");
    expect(picker.find("[role=listbox]").exists()).toBe(false);
    await press("Enter");
    await pause();
    expect(chosen()).toEqual([]);
    expect(api.asked.some((one) => one.query === "zurich")).toBe(false);
  });
});

describe("the arrow keys", () => {
  it("go round the list, Home and End to its ends, and an option is always there", async () => {
    api.isQuick = true;
    await pause();
    await typeIn("jan");
    await pause();
    expect(names()).toEqual(["Jan", "January"]);
    const seen = [activeOption()];
    for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "Home", "End", "PageUp", "PageDown"]) {
      await press(key);
      seen.push(activeOption());
    }
    expect(seen).toEqual(["Jan", "January", "Jan", "January", "Jan", "January", "Jan", "January"]);
    await typeIn("oslo");
    await pause();
    expect(activeOption()).toBe("Oslo");
    await typeIn("nowhere");
    await pause();
    expect(activeOption()).toBeNull();
    await press("ArrowDown");
    expect(activeOption()).toBeNull();
  });

  it("open a closed list, and Enter takes what they point to", async () => {
    api.isQuick = true;
    await press("Escape");
    await press("ArrowDown");
    await pause();
    expect(names()).toEqual(["All", "Jan", "January", "Oslo", "Zurich"]);
    await press("ArrowDown");
    await press("ArrowDown");
    await press("Enter");
    expect(chosen()).toEqual([JAN_MAYEN]);
  });
});

describe("a finger", () => {
  it("chooses by a tap, not by touching the list to scroll it", async () => {
    api.isQuick = true;
    await typeIn("jan mayen");
    await pause();
    const option = picker.get("[role=option]");
    await option.trigger("pointerdown", { pointerType: "touch" });
    expect(chosen()).toEqual([]);
    await option.trigger("click");
    expect(chosen()).toEqual([JAN_MAYEN]);
  });
});

describe("an API that is slow or away", () => {
  it("is said, and the next key asks again", async () => {
    await typeIn("jan mayen");
    await press("Enter");
    expect(message()).toBe("Searching …");
    api.of("jan mayen").fail();
    await flushPromises();
    expect(message()).toContain("Isotherm does not answer");
    expect(chosen()).toEqual([]);
    api.isQuick = true;
    await typeIn("jan maye");
    await pause();
    expect(names()).toEqual(["Jan"]);
    expect(message()).toBe("");
  });

  it("is asked again by Enter, which then takes what comes", async () => {
    await typeIn("jan mayen");
    await pause();
    api.of("jan mayen").fail();
    await flushPromises();
    api.isQuick = true;
    await press("Enter");
    expect(chosen()).toEqual([JAN_MAYEN]);
  });
});

describe("the station of the address", () => {
  it("is told of with its name, and one that does not exist as missing", async () => {
    await picker.setProps({ modelValue: JAN_MAYEN });
    await flushPromises();
    expect(picker.emitted("station")!.at(-1)).toMatchObject([{ station_id: JAN_MAYEN }]);
    await picker.setProps({ modelValue: "NOSUCH" });
    await flushPromises();
    expect(picker.emitted("missing")!.at(-1)).toMatchObject([{ wanted: "NOSUCH", isAmbiguous: false }]);
  });
});
