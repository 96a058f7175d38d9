import { afterEach, describe, expect, it, vi } from "vitest";
import { dayText, daysUrl, type StationDays, summaryOf, totalsOf } from "../src/completeness/days";
import { airflowAddress, type Cost, startFill } from "../src/completeness/fills";
import { cellAt, dayLeft, layoutOf, shadeOf } from "../src/completeness/grid";
import { fillOf, readFill, rectangleOf, selectionOf, steppedTo, writeFill } from "../src/completeness/selection";
import { bytes } from "../src/format";
import { DAY_MS, parseUtc } from "../src/time";

const START = parseUtc("2014-03-28");
const ROWS: StationDays[] = [
  { station_id: "01001099999", name: "JAN MAYEN", hours: [24, 12, 0, 0], states: "otmu", datasets: ["ghcnh"] },
  { station_id: "72530094846", name: null, hours: [24, 24, 24, 0], states: "ooou", datasets: [] },
];
const MEANINGS = { m: "the archive's file has none of it", t: "it has fewer hours than the days around it" };

afterEach(() => vi.restoreAllMocks());

describe("days", () => {
  it("says how many hours there are, and why there are none", () => {
    expect(dayText(ROWS[0]!, 0, MEANINGS)).toBe("24 of 24 hours");
    expect(dayText(ROWS[0]!, 1, MEANINGS)).toBe("12 of 24 hours: it has fewer hours than the days around it");
    expect(dayText(ROWS[0]!, 2, MEANINGS)).toBe("0 of 24 hours: the archive's file has none of it");
  });

  it("leaves days that are not published yet out of the share", () => {
    expect(summaryOf(ROWS[1]!).share).toBe(1);
    expect(summaryOf(ROWS[0]!).share).toBe(0.5);
    expect(totalsOf(ROWS)).toEqual({ o: 4, t: 1, m: 1, u: 2 });
  });

  it("asks for a half-open range", () => {
    const url = new URL(daysUrl({ from: START, to: START, station: "", after: "0" }));
    expect(url.searchParams.get("from")).toBe("2014-03-28");
    expect(url.searchParams.get("to")).toBe("2014-03-29");
    expect(url.searchParams.get("cursor")).toBe("0");
  });
});

describe("a range", () => {
  it("is a rectangle, whichever corner it began at, and comes back from its address", () => {
    const selection = { from: { row: 1, day: 3 }, to: { row: 0, day: 1 } };
    expect(rectangleOf(selection)).toEqual({ firstRow: 0, lastRow: 1, firstDay: 1, lastDay: 3 });
    const fill = fillOf(selection, ROWS, START);
    expect(writeFill(fill)).toBe("2014-03-29,2014-03-31,01001099999,72530094846");
    expect(readFill(writeFill(fill))).toEqual(fill);
    expect(selectionOf(fill, ROWS, START, 4)).toEqual({ from: { row: 0, day: 1 }, to: { row: 1, day: 3 } });
    expect(selectionOf(fill, ROWS, START + 9 * DAY_MS, 4)).toBeNull();
  });

  it.each(["", "2014-03-29", "2014-03-29,2014-03-28,01001099999", "2014-02-30,2014-03-28,01001099999", "2014-03-28,2014-03-28,<b>", 7])(
    "is none of %j",
    (text) => expect(readFill(text)).toBeNull(),
  );

  it("is gone through by keys, never beyond the edge", () => {
    expect(steppedTo("ArrowRight", { row: 0, day: 3 }, 2, 4)).toEqual({ row: 0, day: 3 });
    expect(steppedTo("Home", { row: 1, day: 3 }, 2, 4)).toEqual({ row: 1, day: 0 });
    expect(steppedTo("ArrowDown", { row: 0, day: 0 }, 2, 4)).toEqual({ row: 1, day: 0 });
    expect(steppedTo("x", { row: 0, day: 0 }, 2, 4)).toBeNull();
  });
});

describe("the grid", () => {
  const layout = layoutOf(500, ROWS, 4);

  it("has every day under the pointer that it is drawn at", () => {
    for (let day = 0; day < 4; day += 1) {
      expect(cellAt(layout, dayLeft(layout, day) + 2, layout.top + 20)).toEqual({ row: 1, day });
    }
    expect(cellAt(layout, 2, layout.top + 2)).toBeNull();
    expect(cellAt(layout, 9999, -5, true)).toEqual({ row: 0, day: 3 });
  });

  it("shades by the share of the hours, any hour being more than none", () => {
    const shades = ["a", "b", "c", "d", "e"];
    expect([1, 4, 5, 12, 23, 24].map((hours) => shadeOf(hours, shades))).toEqual(["a", "a", "b", "c", "e", "e"]);
  });
});

describe("a fill", () => {
  const cost = { request: { path: "/api/v2/backfills", body: { dag_id: "ingest_observations" } } } as unknown as Cost;

  it("goes to Airflow's own API beside the dashboard", () => {
    expect(airflowAddress("/api/v2/backfills", "http://host/isotherm/#/pipeline")).toBe("http://host/api/v2/backfills");
    expect(airflowAddress("/api/v2/backfills", "http://host/af/isotherm/")).toBe("http://host/af/api/v2/backfills");
  });

  it("is named as Airflow calls it, and a refusal says what to do", async () => {
    const fetched = vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(new Response('{"id": 7}'));
    expect(await startFill(cost)).toBe("backfill 7");
    expect(fetched.mock.calls[0]![1]).toMatchObject({ method: "POST", body: '{"dag_id":"ingest_observations"}' });
    fetched.mockResolvedValueOnce(new Response('{"dag_run_id": "manual__1"}'));
    expect(await startFill(cost)).toBe("manual__1");
    fetched.mockResolvedValueOnce(new Response("{}", { status: 403 }));
    await expect(startFill(cost)).rejects.toThrow("may not start runs");
    fetched.mockResolvedValueOnce(new Response('{"detail": "no such day"}', { status: 422 }));
    await expect(startFill(cost)).rejects.toThrow("no such day");
    fetched.mockRejectedValueOnce(new TypeError());
    await expect(startFill(cost)).rejects.toThrow("Nothing was started");
  });
});

it("says bytes as people do", () => {
  expect([640_000, 9_100_000, 48_000_000, 1_200_000_000].map(bytes)).toEqual(["640 kB", "9.1 MB", "48 MB", "1.2 GB"]);
});
