import { flushPromises, mount } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";
import App from "../src/App.vue";
import { LAST_RETRY_MS } from "../src/retry";

const EMPTY = { template: "<p>page</p>" };

async function open(pipeline: unknown, status = 200) {
  vi.spyOn(globalThis, "fetch").mockImplementation(
    async () => new Response(JSON.stringify(pipeline), { status }),
  );
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/history", name: "history", component: EMPTY },
      { path: "/live", name: "live", component: EMPTY },
      { path: "/map", name: "map", component: EMPTY },
      { path: "/forecast", name: "forecast", component: EMPTY },
      { path: "/pipeline", name: "pipeline", component: EMPTY },
    ],
  });
  await router.push("/history");
  const app = mount(App, { global: { plugins: [router] } });
  await flushPromises();
  return app;
}

const LINE = {
  run_label: "first run",
  rule: "routine",
  layer: "speed",
  fed: 2,
  counted: 2,
  settled_at: "2014-12-31T14:05:00Z",
  station_year_count: 3,
  first_day: "2014-12-31",
  last_day: "2014-12-31",
  datasets: ["global-hourly"],
  feed_ids: ["f"],
};
const HISTORY = { state: "history", dataset: "global-hourly", title: "NOAA global-hourly", last_day: "2025-08-29" };

afterEach(() => vi.restoreAllMocks());

describe("every page", () => {
  it("says clearly when its data is simulated, and does not call it NOAA's", async () => {
    const app = await open({ archive: "simulated", simulated: true });
    expect(app.get(".banner").text()).toContain("Simulated data.");
    expect(app.get("footer").text()).not.toContain("Data: NOAA NCEI");
  });

  it("names NOAA and WMO Resolution 40 and has no banner otherwise", async () => {
    const app = await open({ archive: "NOAA NCEI", simulated: false });
    expect(app.find(".banner").exists()).toBe(false);
    expect(app.get("footer").text()).toContain("Data: NOAA NCEI.");
    expect(app.get("footer").text()).toContain("WMO Resolution 40");
  });

  it("shows the state of the pipeline: first run, newest hours, ledger", async () => {
    const app = await open({
      first_run: "complete",
      archive: "NOAA NCEI",
      newest_hour: { batch: "2014-12-31T23:00:00Z", speed: null },
      freshness: { batch: HISTORY, speed: null },
      ledger: [{ ...LINE, lost: 0, doubled: 0, is_balanced: true }],
    });
    const strip = app.get("[aria-label=Pipeline]").text();
    expect(strip).toContain("First run complete");
    expect(strip).toMatch(/Batch to 2014-12-31 23:00\s*history · \d+\.\d years/);
    expect(strip).toContain("Stream no hours yet");
    expect(strip).toContain("Ledger balanced · 3 station-years · 2014-12-31 14:05 UTC");
    expect(app.get("[aria-label=Ledger] tbody").text()).toContain("3 station-years, 2014-12-31");
  });

  it("says when the ledger does not balance", async () => {
    const app = await open({ ledger: [{ ...LINE, lost: 3, doubled: 0, is_balanced: false }] });
    expect(app.get("summary").text()).toContain("does not balance: 3 lost");
  });

  it("does not call a ledger balanced that compared nothing", async () => {
    const app = await open({ ledger: [{ ...LINE, fed: 0, lost: 0, doubled: 0, is_balanced: null }] });
    expect(app.get("summary").text()).toBe("Ledger: nothing compared");
    expect(app.get("[aria-label=Pipeline] tbody").text()).toContain("nothing compared");
  });

  it("says what is away, and asks again until it is back", async () => {
    vi.useFakeTimers();
    try {
      const app = await open({ detail: "MySQL does not answer; try again shortly." }, 503);
      expect(app.get("[role=alert]").text()).toContain("The database does not answer. Nothing is lost.");
      const fetched = vi.mocked(globalThis.fetch);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(fetched.mock.calls.length).toBeGreaterThan(60_000 / (LAST_RETRY_MS * 1.2));
      expect(fetched.mock.calls.length).toBeLessThan(60_000 / (LAST_RETRY_MS * 0.8) + 6);
      fetched.mockImplementation(async () => new Response(JSON.stringify({ first_run: "complete" })));
      await vi.advanceTimersByTimeAsync(LAST_RETRY_MS * 1.2);
      await flushPromises();
      expect(app.find("[role=alert]").exists()).toBe(false);
      expect(app.get("[aria-label=Pipeline]").text()).toContain("First run complete");
    } finally {
      vi.useRealTimers();
    }
  });
});
