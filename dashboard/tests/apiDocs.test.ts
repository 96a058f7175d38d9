import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  addressOf,
  curlLine,
  type OpenApi,
  paragraphsOf,
  partsOf,
  pythonLines,
  routesOf,
  titleOfTag,
} from "../src/apiDocs";

const DOCUMENT = JSON.parse(readFileSync("openapi.json", "utf8")) as OpenApi;
const routes = routesOf(DOCUMENT);
const routeOf = (path: string) => routes.find((one) => one.path === path)!;

describe("the documentation", () => {
  it("has every route of the description, each with a title and a sentence", () => {
    expect(routes.map((one) => one.path)).toEqual(Object.keys(DOCUMENT.paths));
    for (const route of routes) {
      expect(route.title).not.toBe("");
      expect(route.paragraphs.length).toBeGreaterThan(0);
      for (const one of route.parameters) expect(`${one.description}${one.accepts}`).not.toBe("");
    }
  });

  it("heads every group of routes with words", () => {
    for (const route of routes) expect(titleOfTag(route.tag)).toMatch(/^[A-Z]/);
  });

  it("says of a parameter what the description says", () => {
    const parameters = routeOf("/api/v1/stations/{station}/hourly").parameters;
    const limit = parameters.find((one) => one.name === "limit")!;
    expect(limit.accepts).toBe("1 to 10000");
    expect(parameters.find((one) => one.name === "layer")!.choices).toEqual(["batch", "speed"]);
    expect(parameters.find((one) => one.name === "station")!.required).toBe(true);
  });

  it("explains every kind of problem once", () => {
    const kinds = DOCUMENT["x-problems"].map((one) => one.kind);
    expect(kinds).toContain("invalid-parameter");
    expect(new Set(kinds).size).toBe(kinds.length);
  });
});

describe("an address", () => {
  const hourly = routeOf("/api/v1/stations/{station}/hourly");

  it("holds at the root and under Airflow's prefix, without what was left empty", () => {
    const values = { station: "725 30/é", from: "2014-01-01", to: "", limit: "3" };
    expect(addressOf(hourly, values, "http://h:1/#/docs")).toBe(
      "http://h:1/api/v1/stations/725%2030%2F%C3%A9/hourly?from=2014-01-01&limit=3",
    );
    expect(addressOf(routeOf("/healthz"), {}, "http://h:1/isotherm/#/docs")).toBe("http://h:1/isotherm/healthz");
  });

  it("cannot leave the quotes of a command line", () => {
    const address = addressOf(routeOf("/api/v1/stations"), { query: "o'hare" }, "http://h:1/");
    expect(curlLine(hourly, address).match(/'/g)).toHaveLength(2);
  });

  it("is read by pandas where there is a CSV or Parquet, by httpx elsewhere, and streamed where it never ends", () => {
    expect(pythonLines(hourly, "http://h:1/x?limit=3")).toContain('read_csv("http://h:1/x?limit=3&format=csv"');
    expect(pythonLines(hourly, "http://h:1/x?format=parquet")).toContain('read_parquet("http://h:1/x?format=parquet")');
    expect(pythonLines(routeOf("/api/v1/pipeline"), "http://h:1/p")).toContain('httpx.get("http://h:1/p")');
    expect(pythonLines(routeOf("/api/v1/live"), "http://h:1/l")).toContain("httpx.stream");
    expect(curlLine(routeOf("/api/v1/live"), "http://h:1/l")).toBe("curl -N 'http://h:1/l'");
  });
});

it("a text has paragraphs, and code between backticks", () => {
  expect(paragraphsOf("one\n  line\n\n  two")).toEqual(["one line", "two"]);
  expect(partsOf("see `from` on")).toEqual(["see ", "from", " on"]);
});
