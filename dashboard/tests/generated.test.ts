// @vitest-environment node
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("the generated types are those of openapi.json: else run `npm run generate`", () => {
  const program = "node_modules/openapi-typescript/bin/cli.js";
  const check = ["openapi.json", "--output", "src/generated/api.ts", "--check"];
  expect(() => execFileSync(process.execPath, [program, ...check], { stdio: "pipe" })).not.toThrow();
});
