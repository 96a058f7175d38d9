/** The API's own description, as the documentation page shows it: it says what the API says. */

import { docsText as t } from "./locale/data";

/** What a group of routes is called. */
export function titleOfTag(tag: string): string {
  return t.tags[tag] ?? tag;
}

export type Place = "path" | "query";
export type Values = Record<string, string>;

interface Schema {
  type?: string;
  enum?: string[];
  anyOf?: Schema[];
  default?: string | number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  examples?: (string | number)[];
}

interface OpenApiOperation {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  responses: Record<string, { description?: string; content?: Record<string, unknown> }>;
}

export interface ProblemKind {
  status: number;
  kind: string;
  meaning: string;
}

export interface OpenApi {
  info: { version: string; description: string };
  paths: Record<string, { get?: OpenApiOperation }>;
  "x-problems": ProblemKind[];
}

export interface Parameter {
  name: string;
  place: Place;
  description: string;
  required: boolean;
  choices: string[];
  /** Bounds, default and examples, in words. */
  accepts: string;
}

export interface Route {
  id: string;
  path: string;
  title: string;
  paragraphs: string[];
  tag: string;
  parameters: Parameter[];
  hasCsv: boolean;
  isStream: boolean;
  statuses: { status: string; description: string }[];
}

/** Every route, in the order of the description. */
export function routesOf(document: OpenApi): Route[] {
  return Object.entries(document.paths).flatMap(([path, { get }]) => (get ? [routeOf(path, get)] : []));
}

function routeOf(path: string, operation: OpenApiOperation): Route {
  const content = Object.keys(operation.responses["200"]?.content ?? {});
  return {
    id: operation.operationId,
    path,
    title: operation.summary,
    paragraphs: paragraphsOf(operation.description ?? ""),
    tag: operation.tags?.[0] ?? "other",
    parameters: (operation.parameters ?? [])
      .filter((one) => one.in === "path" || one.in === "query")
      .map(({ name, in: place, description, required, schema }) => ({
        name,
        place: place as Place,
        description: description ?? (name === "rule" ? t.selectionRule : ""),
        required: required ?? false,
        choices: schema.enum ?? [],
        accepts: acceptsOf(schema),
      })),
    hasCsv: content.includes("text/csv"),
    isStream: content.includes("text/event-stream"),
    statuses: Object.entries(operation.responses)
      .map(([status, one]) => ({ status, description: one.description ?? "" }))
      .sort((one, other) => one.status.localeCompare(other.status)),
  };
}

function acceptsOf(schema: Schema): string {
  const words = [];
  const { minimum, maximum, exclusiveMinimum, examples } = schema;
  if (minimum != null && maximum != null) words.push(t.accepts.range(minimum, maximum));
  else if (exclusiveMinimum != null && maximum != null) {
    words.push(t.accepts.above(exclusiveMinimum, maximum));
  }
  if (schema.default != null) words.push(t.accepts.usual(schema.default));
  if (examples?.length) words.push(t.accepts.such(examples.join(", ")));
  return words.join("; ");
}

/** Text in paragraphs, lines joined. */
export function paragraphsOf(text: string): string[] {
  return text.split(/\n\s*\n/).map((one) => one.replace(/\s+/g, " ").trim()).filter(Boolean);
}

/** Text with `code` between backticks, in its parts: every second one is code. */
export function partsOf(text: string): string[] {
  return text.split("`");
}

/** A route's address with these values, below the folder this page was served from. */
export function addressOf(route: Route, values: Values, base: string = document.baseURI): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
  const url = new URL(path.slice(1), new URL(".", base.split("#")[0]));
  for (const { name, place } of route.parameters) {
    if (place === "query" && values[name]) url.searchParams.set(name, values[name]);
  }
  return url.href.replaceAll("'", "%27");
}

/** What the lines for programs depend on. */
export type Kind = Pick<Route, "hasCsv" | "isStream">;

export function curlLine(route: Kind, address: string): string {
  return `curl ${route.isStream ? "-N " : ""}'${address}'`;
}

export function pythonLines(route: Kind, address: string): string {
  if (route.isStream) {
    return [
      "import httpx",
      `with httpx.stream("GET", "${address}", timeout=None) as answer:`,
      "    for line in answer.iter_lines(): print(line)",
    ].join("\n");
  }
  if (!route.hasCsv) return `import httpx\nanswer = httpx.get("${address}").raise_for_status()`;
  const url = new URL(address);
  if (url.searchParams.get("format") === "parquet") {
    return `import pandas as pd\nrows = pd.read_parquet("${address}")`;
  }
  url.searchParams.set("format", "csv");
  return [
    "import pandas as pd",
    `rows = pd.read_csv("${url.href.replaceAll("'", "%27")}", comment="#", dtype={"station_id": str})`,
  ].join("\n");
}
