import { expect, it } from "vitest";
import { readPipeline } from "../src/pipeline";
import { allAttention } from "../src/pipelineAttention";
import { type Server, serversText } from "../src/servers";

const NOW = Date.UTC(2026, 0, 1);
const UP: Server = { name: "kafka", state: "up", detail: "", answered_ms: 1, alive_at: null, next: null };

it("finds nothing where all is well", () => {
  expect(allAttention(readPipeline({}), NOW)).toEqual([]);
});

it("puts the worst first, each with what to do", () => {
  const status = readPipeline({
    first_run: "failed",
    dead_letters: { count: 2, by_reason: {}, newest: [], unworked: { invalid: 2 } },
    files_set_aside: [
      { dataset: "ghcnh", year: 2014, station_id: "A", rejected_count: 9, row_count: 10, state: "asked", decided_by: null, decided_at: null },
      { dataset: "ghcnh", year: 2015, station_id: "A", rejected_count: 9, row_count: 10, state: "set aside", decided_by: "me", decided_at: "2026-01-01T00:00:00Z" },
    ],
    disk: { sampled_at: "2026-01-01T00:00:00Z", size_bytes: {}, free_bytes: 1, growth_bytes_per_day: {}, days_until_full: 3, is_warning: true },
  });
  const found = allAttention(status, NOW);
  expect(found.map((one) => one.key)).toEqual(["first-run", "letters", "held-back", "disk"]);
  expect(found[0]!.explanation).toContain("./isotherm up");
  expect(found[2]!.text).toBe("1 file held back for many rejects");
});

it("says in a line which servers are away", () => {
  const away: Server = { ...UP, name: "sink", state: "away" };
  expect(serversText([UP, { ...UP, name: "x", state: "unknown" }])).toBe("All servers answer");
  expect(serversText([UP, away])).toBe("Servers: sink away");
});
