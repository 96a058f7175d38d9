import { afterEach, describe, expect, it, vi } from "vitest";
import { ALL_STATIONS, apiUrl, csvUrl, fetchSeries, type SeriesRequest } from "../src/api";

const REQUEST: SeriesRequest = {
  station: "01001099999",
  by: "hour",
  rule: "routine",
  layer: "best",
  from: Date.UTC(2024, 0, 1),
  to: Date.UTC(2024, 0, 2),
};

function answer(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

afterEach(() => vi.restoreAllMocks());

describe("addresses of the API", () => {
  it("follow the document, at the root and under Airflow's prefix", () => {
    expect(apiUrl("pipeline", {}, "http://host:1/")).toBe("http://host:1/api/v1/pipeline");
    expect(apiUrl("pipeline", {}, "http://host:1/isotherm/index.html#/live?a=/b/")).toBe(
      "http://host:1/isotherm/api/v1/pipeline",
    );
  });

  it("ask for half-open UTC ranges, and for a layer only where one was chosen", () => {
    const url = new URL(csvUrl(REQUEST));
    expect(url.pathname).toMatch(/\/api\/v1\/stations\/01001099999\/hourly$/);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      from: "2024-01-01T00:00:00Z",
      to: "2024-01-02T00:00:00Z",
      rule: "routine",
      format: "csv",
    });
    expect(url.searchParams.has("layer")).toBe(false);
    expect(url.searchParams.has("limit")).toBe(false);
    expect(new URL(csvUrl({ ...REQUEST, layer: "speed" })).searchParams.get("layer")).toBe("speed");
  });

  it("know the series over all stations", () => {
    expect(csvUrl({ ...REQUEST, station: ALL_STATIONS, by: "year" })).toContain("/api/v1/global/yearly?");
  });
});

describe("a series", () => {
  it("is read to its last page, in order of time", async () => {
    const row = { observation_count: 1, min_c: 0, mean_c: 0, max_c: 0, layer: "batch", rule: "routine" };
    const pages = [
      { data: [{ ...row, hour_start: "2024-01-01T01:00:00Z" }], meta: {}, next: "c1" },
      { data: [{ ...row, hour_start: "2024-01-01T00:00:00Z" }], meta: {}, next: null },
    ];
    const asked: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
      asked.push(String(url));
      return answer(pages[asked.length - 1]);
    });
    const points = await fetchSeries(REQUEST);
    expect(points.map((one) => one.start)).toEqual([Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 1, 1)]);
    expect(new URL(asked[1]!).searchParams.get("cursor")).toBe("c1");
  });

  it("names a station that is not there, without the API's routes", async () => {
    vi.spyOn(globalThis, "fetch").mockResolvedValue(answer({ detail: "No station 1: see /stations" }, 404));
    const failure = fetchSeries({ ...REQUEST, station: "no where" });
    await expect(failure).rejects.toMatchObject({
      status: 404,
      problem: { kind: "missing", title: "There is no station no where" },
    });
    await expect(failure).rejects.not.toThrow("/stations");
  });

  it.each([
    [503, "away", "The database does not answer"],
    [502, "away", "The database does not answer"],
    [500, "away", "Isotherm could not answer"],
    [429, "away", "Isotherm is busy"],
    [403, "login", "Your login has ended"],
    [422, "refused", "Part of this page's address makes no sense"],
  ])("has a sentence and a way out for %i", async (status, kind, title) => {
    const detail = "`from` accepted: a UTC time such as 2014-01-01.";
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => answer({ detail }, status));
    await expect(fetchSeries(REQUEST)).rejects.toMatchObject({ status, problem: { kind, title } });
    if (status === 422) await expect(fetchSeries(REQUEST)).rejects.toThrow("`from` accepted: a UTC time");
  });

  it("fails with what to do when nobody answers", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("network"));
    await expect(fetchSeries(REQUEST)).rejects.toThrow("./isotherm status");
  });

  it("fails with the way out when the login has expired", async () => {
    vi.spyOn(globalThis, "fetch").mockResolvedValue(answer({}, 401));
    await expect(fetchSeries(REQUEST)).rejects.toThrow("Log in to Airflow again");
  });
});
