import { flushPromises, mount, RouterLinkStub } from "@vue/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ALL_STATIONS, type LedgerLine, type LedgerState, type Point } from "../src/api";
import { attentionOf } from "../src/attention";
import { driftText } from "../src/drift";
import LiveTable from "../src/components/LiveTable.vue";
import OverviewTiles from "../src/components/OverviewTiles.vue";
import StationPicker from "../src/components/StationPicker.vue";
import RuleChoice from "../src/components/RuleChoice.vue";
import SummaryTable from "../src/components/SummaryTable.vue";
import { ledgerSummary, momentOf, nameParts, scopeOf, verdictOf } from "../src/ledger";
import type { LastHour } from "../src/live";
import { hoursOf } from "../src/liveHours";
import { readPipeline } from "../src/pipeline";
import { DAY_MS, HOUR_MS } from "../src/time";
import { point } from "./rows";

const DAY = Date.UTC(2014, 11, 31);

function liveHours(points: Point[]) {
  const facts = { day: DAY, points, streamed: new Set<number>(), newest: null, run: null };
  return hoursOf({ ...facts, reporting: null });
}

describe("the table of a series", () => {
  it("shows 0 °C as 0.0", () => {
    const points = [point(DAY, { min_c: 0, mean_c: 0, max_c: 0 })];
    const table = mount(SummaryTable, { props: { points, by: "hour", caption: "Hours" } });
    expect(table.findAll("td").slice(0, 3).map((cell) => cell.text())).toEqual(["0.0", "0.00", "0.0"]);
  });

  it("grows on demand instead of drawing a year of hours at once", async () => {
    const points = Array.from({ length: 600 }, (_, hour) => point(DAY + hour * HOUR_MS));
    const table = mount(SummaryTable, { props: { points, by: "hour", caption: "Hours" } });
    expect(table.findAll("tbody tr")).toHaveLength(250);
    await table.get("button").trigger("click");
    expect(table.findAll("tbody tr")).toHaveLength(600);
  });

  it("says why observations do not count", () => {
    const points = [point(DAY, { special_count: 2, bad_quality_count: 1 })];
    const table = mount(SummaryTable, { props: { points, by: "hour", caption: "Hours" } });
    expect(table.find("[title='special 2, bad quality 1']").text()).toBe("2");
  });
});

/** What stands under a heading, row by row. */
function columnOf(table: ReturnType<typeof mount>, heading: string): string[] {
  const at = table.findAll("thead th").findIndex((head) => head.text() === heading);
  const rows = table.findAll("tbody tr");
  return at < 0 ? [] : rows.map((row) => row.findAll("th, td")[at]?.text() ?? "");
}

describe("the mean dew point", () => {
  const points = [
    point(DAY, { mean_dew_point_c: -14.44 }),
    point(DAY + HOUR_MS, { mean_dew_point_c: 0 }),
    point(DAY + 2 * HOUR_MS, { mean_dew_point_c: null }),
  ];

  it("stands in the table of a series, and none where none was reported", () => {
    const table = mount(SummaryTable, { props: { points, by: "hour", caption: "Hours" } });
    expect(columnOf(table, "Dew point °C")).toEqual(["−14.44", "0.00", "none"]);
  });

  it("stands in the table of the live day", () => {
    const props = { day: DAY, hours: liveHours(points), isGlobal: false, receipts: new Map(), now: 0, tomorrow: null, station: "A" };
    const table = mount(LiveTable, { props, global: { stubs: { RouterLink: RouterLinkStub } } });
    expect(columnOf(table, "Dew point °C").slice(0, 3)).toEqual(["−14.4", "0.0", "none"]);
  });

  it("has no column where the rows are of all stations, which have none", () => {
    const all = [point(DAY, { station_count: 3 })];
    const table = mount(SummaryTable, { props: { points: all, by: "hour", caption: "Hours" } });
    expect(columnOf(table, "Stations")).toEqual(["3"]);
    expect(columnOf(table, "Dew point °C")).toEqual([]);
  });
});

describe("the table of the live day", () => {
  function live(points: Point[], receipts = new Map<number, LastHour>()) {
    const props = { day: DAY, hours: liveHours(points), isGlobal: true, receipts, now: 10_000, tomorrow: null, station: "all" };
    return mount(LiveTable, { props });
  }

  it("has 24 hours and keeps working when hours of other days are among the rows", () => {
    const table = live([point(DAY - HOUR_MS), point(DAY), point(DAY + 24 * HOUR_MS)]);
    expect(table.findAll("tbody tr")).toHaveLength(24);
    expect(table.findAll("tr.none")).toHaveLength(23);
  });

  it("puts minimum, mean and maximum under their own headings", () => {
    const table = live([point(DAY, { min_c: -5, mean_c: 0, max_c: 4.5 })]);
    const heads = table.findAll("thead th").map((head) => head.text());
    const cells = table.get("[data-hour='00:00']").findAll("td").map((cell) => cell.text());
    expect(heads.slice(1, 4)).toEqual(["Min °C", "Mean °C", "Max °C"]);
    expect(cells.slice(0, 3)).toEqual(["−5.0", "0.0", "4.5"]);
  });

  it("highlights an hour for a few seconds after it changed", async () => {
    const table = live([point(DAY)], new Map([[DAY, { at: 9_000, changed: true }]]));
    expect(table.get("[data-hour='00:00']").classes()).toContain("changed");
    expect(table.find(".again").exists()).toBe(false);
    await table.setProps({ now: 14_000 });
    expect(table.get("[data-hour='00:00']").classes()).not.toContain("changed");
  });

  it("says of an hour that came again and is the same that it did, longer than it highlights it", async () => {
    const table = live([point(DAY)], new Map([[DAY, { at: 9_000, changed: false }]]));
    expect(table.get("[data-hour='00:00']").classes()).toEqual(["same"]);
    expect(table.get("[data-hour='00:00'] .again").text()).toBe("same as before");
    await table.setProps({ now: 60_000 });
    expect(table.get("[data-hour='00:00']").classes()).toEqual([]);
    expect(table.find(".again").exists()).toBe(true);
    await table.setProps({ now: 80_000 });
    expect(table.find(".again").exists()).toBe(false);
  });
});

describe("the overview", () => {
  it("counts hours, not days, where the rows know them", () => {
    const points = [point(DAY, { hour_count: 6 })];
    const tiles = mount(OverviewTiles, {
      props: { points, by: "day", isGlobal: false, expected: { rows: 1, hours: 24 } },
    });
    expect(tiles.get("[data-tile='completeness']").text()).toBe("25.0 %");
  });
});

describe("days with other stations", () => {
  const counts = [12, 12, 100, 12, 12];
  const points = counts.map((station_count, at) =>
    point(DAY + at * DAY_MS, { station_count, min_c: station_count === 100 ? -60 : 1 }),
  );

  it("are said in the table", () => {
    const table = mount(SummaryTable, { props: { points, by: "day", caption: "Days" } });
    expect(columnOf(table, "Stations")).toEqual(["12", "12", "12 → 100 stations: not drawn 100", "12", "12"]);
  });

  it("are no extreme of the others", () => {
    const tiles = mount(OverviewTiles, {
      props: { points, by: "day", isGlobal: true, expected: { rows: 5, hours: 120 } },
    });
    expect(tiles.get("[data-tile='lowest']").text()).toBe("1.0 °C");
    expect(tiles.text()).toContain("without 1 day of other stations");
  });
});

describe("rule and layer", () => {
  it("are one menu that says what is chosen, opens, and closes with Escape", async () => {
    const menu = mount(RuleChoice, { props: { rule: "qc", layer: "batch" }, attachTo: document.body });
    const button = menu.get("button");
    expect(button.text()).toBe("Quality-checked · Batch");
    expect(menu.find("input").exists()).toBe(false);
    await button.trigger("click");
    expect(button.attributes("aria-expanded")).toBe("true");
    await menu.get("input[value=unfiltered]").setValue();
    await menu.get("input[value=speed]").setValue();
    expect([menu.emitted("rule"), menu.emitted("layer")]).toEqual([[["unfiltered"]], [["speed"]]]);
    await menu.trigger("keydown", { key: "Escape" });
    expect(menu.find("input").exists()).toBe(false);
    menu.unmount();
  });
});

describe("the choice of a station", () => {
  afterEach(() => vi.restoreAllMocks());

  it("offers every country, also those of stations beyond the first page", async () => {
    const countries = [
      { country: "FI", name: "Finland", noaa_codes: ["FI"], station_count: 1 },
      { country: "US", name: "United States", noaa_codes: ["US"], station_count: 4_345 },
    ];
    vi.spyOn(globalThis, "fetch").mockImplementation(
      async (url) =>
        new Response(
          JSON.stringify({ data: String(url).includes("/countries") ? countries : [], meta: {}, next: null }),
        ),
    );
    const picker = mount(StationPicker, { props: { modelValue: ALL_STATIONS } });
    await picker.get("input").trigger("focus");
    await flushPromises();
    const options = picker.get("select").findAll("option");
    expect(options.map((one) => one.text())).toEqual(["any", "Finland (1)", "United States (4345)"]);
    expect(options[2]!.attributes("value")).toBe("US");
  });
});

describe("the pipeline's answer", () => {
  const now = Date.UTC(2026, 10, 26, 15);
  const balanced = {
    layer: "batch",
    fed: 5,
    lost: 0,
    doubled: 0,
    is_balanced: true,
    settled_at: "2026-11-26T14:05:09Z",
    station_year_count: 12,
    first_day: "1901-01-01",
    last_day: "2024-12-31",
  } as LedgerLine;
  const nothing = { ...balanced, layer: "speed", fed: 0, is_balanced: null, station_year_count: 0 };
  const state = { layer: "batch", settled_at: balanced.settled_at, is_current: true, loads_since: 0 } as LedgerState;

  it("is read with layers that have no hour yet", () => {
    const status = readPipeline({ first_run: null, archive: "x", newest_hour: { batch: null, speed: null } });
    expect(status).toMatchObject({ firstRun: "unknown", newest: {}, ledger: [], isSimulated: false });
  });

  it("breaks a run's name behind its joints, never within a word", () => {
    expect(nameParts("import_history")).toEqual(["import_", "history"]);
    expect(nameParts("manual__2026-11")).toEqual(["manual__", "2026-", "11"]);
    expect(nameParts("")).toEqual([""]);
  });

  it("never calls a check balanced that compared nothing", () => {
    expect([balanced, nothing, { ...balanced, lost: 1, is_balanced: false }].map(verdictOf)).toEqual([
      "balanced",
      "nothing compared",
      "does not balance",
    ]);
    expect(ledgerSummary([nothing], [], now)).toEqual({ text: "Ledger: nothing compared", tone: "idle" });
    expect(ledgerSummary([balanced, nothing], [state], now)).toEqual({
      text: "Ledger balanced · 12 station-years · 14:05 UTC · stream: nothing compared",
      tone: "good",
    });
    const lost = { ...balanced, layer: "speed", lost: 3, is_balanced: false };
    expect(ledgerSummary([balanced, nothing, lost], [state], now)).toEqual({
      text: "Ledger does not balance: 3 lost, 0 doubled · 12 station-years · 14:05 UTC",
      tone: "bad",
    });
  });

  it("says when the ledger is older than what was loaded or streamed", () => {
    const loaded = { ...state, is_current: false, loads_since: 2 };
    expect(ledgerSummary([balanced], [loaded], now)).toEqual({
      text: "Ledger balanced · 12 station-years · 14:05 UTC · 2 loads since",
      tone: "late",
    });
    const written = { ...state, layer: "speed", is_current: false };
    expect(ledgerSummary([balanced], [state, written], now).text).toContain("· stream written since");
    expect(ledgerSummary([balanced], [{ ...written, settled_at: null }], now).tone).toBe("good");
  });

  it("dates a check, and says over what", () => {
    expect(momentOf("2026-11-25T23:59:59Z", now)).toBe("2026-11-25 23:59 UTC");
    expect(scopeOf(balanced)).toBe("12 station-years, 1901-01-01 to 2024-12-31");
    expect(scopeOf({ ...balanced, station_year_count: 1, first_day: "2024-12-31" })).toBe("1 station-year, 2024-12-31");
    expect(scopeOf({ ...balanced, station_year_count: null, first_day: null, last_day: null })).toBe("–");
  });

  it("says when the archive is simulated", () => {
    expect(readPipeline({ archive: "simulated", simulated: true }).isSimulated).toBe(true);
  });
});

describe("the drift between the layers", () => {
  const result = {
    run_label: "reconcile_layers one", finished_at: "2026-11-26T06:40:00Z", first_day: "2026-11-23", last_day: "2026-11-23",
    station_year_count: 100, left_out_count: 0, compared: 7200, differing: 0, missing: 0, extra: 0, speed_compared: 0,
    speed_differing: 0, fed: 2600, late: 0, dead_lettered: 0, lost: 0, doubled: 0, seconds: 40,
  };

  it("is not spoken of before the first reconciliation, and is none where nothing was compared", () => {
    expect(driftText(null, null)).toBeNull();
    expect(driftText(null, { ...result, compared: 0 })).toMatchObject({ text: "Drift: nothing compared", tone: "idle" });
  });

  it("is 0 where the layers agree, and says of which day", () => {
    expect(driftText(0, result)).toMatchObject({ text: "Drift 0 · 2026-11-23", tone: "good" });
    expect(driftText(0, result)?.explanation).toContain("7\u2009200 rows of 100 station-years");
  });

  it("says how many rows differ, and what was lost on the way", () => {
    const period = { ...result, last_day: "2026-11-24", lost: 3 };
    expect(driftText(1, period)).toMatchObject({ text: "Drift 1 row off, 3 lost · 2026-11-23 to 2026-11-24", tone: "bad" });
  });
});

describe("what needs somebody", () => {
  const newest = ["USW00094846", "ENI0000ENJA", "GMM00010637", "FRM00007150"].map((station_id) => ({
    station_id, year: 2026, dataset: "ghcnh", refused_at: "2026-08-12T16:14:00Z",
    row_count: 9965, refused_row_count: 6967, sha256: "ab".repeat(32),
  }));
  const missed = { newest_at: "2026-08-12T17:51:00Z", stale_after_h: 96, is_missed: true };

  it("is nothing where all is well or nothing is known", () => {
    expect(attentionOf(readPipeline({}))).toEqual([]);
    const deadline = { ...missed, is_missed: false };
    expect(attentionOf(readPipeline({ deadline, refused: { count: 0, newest: [] } }))).toEqual([]);
  });

  it("names the first refused files and counts the others", () => {
    const [one] = attentionOf(readPipeline({ refused: { count: 12, newest } }));
    expect(one?.text).toBe("12 files refused: USW00094846 2026, ENI0000ENJA 2026, GMM00010637 2026 and 9 more");
    const [only] = attentionOf(readPipeline({ refused: { count: 1, newest: newest.slice(0, 1) } }));
    expect(only?.text).toBe("1 file refused: USW00094846 2026");
  });

  it("names the first stations whose model was rolled back", () => {
    const lost = newest.map(({ station_id }) => ({ station_id, rolled_back_at: "2026-08-12T16:14:00Z", speaks: null, why: "" }));
    const [one] = attentionOf(readPipeline({ models_rolled_back: { count: 4, newest: lost } }));
    expect(one?.text).toBe("4 forecast models rolled back: USW00094846, ENI0000ENJA, GMM00010637 and 1 more");
    expect(one?.tone).toBe("late");
  });

  it("says that the deadline is missed before anything else", () => {
    const found = attentionOf(readPipeline({ deadline: missed, refused: { count: 1, newest } }));
    expect(found.map((one) => one.tone)).toEqual(["bad", "late"]);
    expect(found[0]?.text).toBe("Nothing new for 96 h");
  });
});
