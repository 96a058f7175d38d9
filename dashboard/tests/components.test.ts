import { mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import LiveTable from "../src/components/LiveTable.vue";
import OverviewTiles from "../src/components/OverviewTiles.vue";
import SummaryTable from "../src/components/SummaryTable.vue";
import { readPipeline } from "../src/pipeline";
import { HOUR_MS } from "../src/time";
import { point } from "./rows";

const DAY = Date.UTC(2014, 11, 31);

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

describe("the table of the live day", () => {
  function live(points: ReturnType<typeof point>[], changedAt = new Map<number, number>()) {
    return mount(LiveTable, { props: { day: DAY, points, changedAt, now: 10_000 } });
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
    const table = live([point(DAY)], new Map([[DAY, 9_000]]));
    expect(table.get("[data-hour='00:00']").classes()).toContain("changed");
    await table.setProps({ now: 14_000 });
    expect(table.get("[data-hour='00:00']").classes()).not.toContain("changed");
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

describe("the pipeline's answer", () => {
  it("is read with layers that have no hour yet", () => {
    const status = readPipeline({ first_run: null, archive: "x", newest_hour: { batch: null, speed: null } });
    expect(status).toMatchObject({ firstRun: "unknown", newest: {}, ledger: [], isSimulated: false });
  });

  it("keeps the newest check of a run: what an earlier one found is settled", () => {
    const line = { run_label: "first run", layer: "speed", rule: "qc", doubled: 0 };
    const ledger = [
      { ...line, lost: 0, checked_at: "2026-11-24T03:00:00Z" },
      { ...line, lost: 7, checked_at: "2026-11-24T02:00:00Z" },
      { ...line, rule: "routine", lost: 0, checked_at: "2026-11-24T02:00:00Z" },
    ];
    expect(readPipeline({ ledger }).ledger.map((one) => [one.rule, one.lost])).toEqual([
      ["qc", 0],
      ["routine", 0],
    ]);
  });

  it("says when the archive is simulated", () => {
    expect(readPipeline({ archive: "simulated", simulated: true }).isSimulated).toBe(true);
  });
});
