import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import { attentionOf } from "../src/attention";
import { byReason, pretty, readChoice, statesOf } from "../src/letters";
import { readPipeline } from "../src/pipeline";
import LettersView from "../src/views/LettersView.vue";

const COUNTS = [
  { state: "counted", reason: "future", count: 7 },
  { state: "new", reason: "future", count: 1 },
  { state: "new", reason: "invalid", count: 3 },
] as const;
const LETTER = {
  letter_id: 4,
  state: "new",
  reason: "invalid",
  detail: "<b>air_temperature_tenths</b>='12,5'",
  topic: "isotherm.observation",
  partition: 0,
  offset: 17,
  feed_id: "feed-1",
  station_id: "01001099999",
  payload_bytes: 16,
  refused_at: "2026-01-01T02:00:00Z",
  state_at: "2026-01-01T02:00:00Z",
  worked_by: null,
  repair_rule: null,
  outcome: null,
};
const WHOLE = {
  ...LETTER,
  payload: '{"a": "12,5"}',
  encoding: "utf-8",
  is_whole: true,
  replayed_payload: null,
  replay_partition: null,
  replay_offset: null,
};

async function open(address: string, counts: readonly unknown[] = COUNTS) {
  const asked: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
    asked.push(String(url));
    const body = String(url).includes("dead-letters/4")
      ? { data: WHOLE, meta: {} }
      : { data: counts.length ? [LETTER] : [], meta: { counts, kept_days: 30 }, next: null };
    return new Response(JSON.stringify(body));
  });
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: "/dead-letters", name: "letters", component: LettersView }],
  });
  await router.push(address);
  const page = mount({ template: "<RouterView />" }, { global: { plugins: [router] }, attachTo: document.body });
  await flushPromises();
  return { page, asked, router };
}

afterEach(() => {
  vi.restoreAllMocks();
  document.body.innerHTML = "";
});

describe("what is said of letters", () => {
  it("counts by reason, most new ones first, in the order of the states", () => {
    expect(byReason(COUNTS).map((one) => [one.reason, one.total])).toEqual([["invalid", 3], ["future", 8]]);
    expect(statesOf(COUNTS)).toEqual(["new", "counted"]);
  });

  it("takes only what is a state from the address", () => {
    expect(readChoice({ reason: "future", state: "toString" })).toEqual({ reason: "future", state: "" });
  });

  it("indents JSON and leaves anything else as it is", () => {
    expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(pretty("{not json")).toBe("{not json");
  });

  it("needs somebody while there are letters nobody has worked", () => {
    const letters = { count: 9, by_reason: {}, newest: [], unworked: { future: 1, invalid: 3 } };
    const [one] = attentionOf(readPipeline({ dead_letters: letters }));
    expect([one?.text, one?.page]).toEqual(["4 dead letters", "letters"]);
    expect(attentionOf(readPipeline({}))).toEqual([]);
  });
});

describe("the page of dead letters", () => {
  it("shows counts by reason and state, and each letter as text", async () => {
    const { page, asked } = await open("/dead-letters?reason=invalid&state=new");
    expect(asked[0]).toContain("reason=invalid&state=new");
    expect(page.get("[data-reason=future]").text()).toMatch(/future\s*1\s*7\s*8/);
    expect(page.get("[aria-label=Letters]").text()).toContain("<b>air_temperature_tenths</b>");
    expect(page.get(".shown").text()).toContain("Only invalid, new.");
  });

  it("opens a letter, gives it the focus, and gives it back", async () => {
    const { page, router } = await open("/dead-letters");
    await page.get("[data-letter='4']").trigger("click");
    await flushPromises();
    expect(router.currentRoute.value.query["letter"]).toBe("4");
    expect(page.get("[aria-label='Letter 4']").text()).toContain('"a": "12,5"');
    expect(document.activeElement?.textContent).toContain("Close");
    await page.get("[data-opened] button").trigger("click");
    await flushPromises();
    expect(document.activeElement?.getAttribute("data-letter")).toBe("4");
  });

  it("says so where there are none", async () => {
    const { page } = await open("/dead-letters", []);
    expect(page.text()).toContain("There are no dead letters");
  });
});
