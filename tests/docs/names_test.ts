import assert from "node:assert/strict";
import { readSources } from "../../cli/composition.ts";
import { FakeIo } from "../support/fake_io.ts";
import { proseOf, readPages } from "./pages.ts";

// A decision and the changelog have the names of their time.
const pages = (await readPages()).filter(({ path }) => !/^docs\/decisions\/|^CHANGELOG/.test(path));

/** The names in all pages that a pattern finds, each once. */
function namesIn(pattern: RegExp): string[] {
  return [...new Set(pages.flatMap((page) => proseOf(page).match(pattern) ?? []))];
}

Deno.test("every option that a page names with its group is one that the program knows", async () => {
  const named = namesIn(/(?<=`)\[\w+\] \w+/g);
  assert(named.length > 30);
  const file = named.map((each) => each.replace(" ", "\n") + " = 1\n").join("");
  const io = new FakeIo({ files: { "named.ini": file } });
  const { warnings, retiredNotice } = await readSources({ configFile: ["named.ini"] }, io);
  const unknown = warnings.filter((warning) => warning.includes("has no option"));
  assert.deepEqual([unknown, retiredNotice], [[], undefined]);
});

Deno.test("every metric and alert that a page names is in packaging/monitoring", async () => {
  const directory = new URL("../../packaging/monitoring/", import.meta.url);
  const read = (name: string) => Deno.readTextFile(new URL(name, directory));
  const known = await read("alerts.yml") + await read("dashboard.json");
  const named = namesIn(/(?<!\/)\bdf_pubsub_\w+|\bDfPubsub\w+/g);
  assert(named.length > 5);
  assert.deepEqual(named.filter((name) => !known.includes(name)), []);
});
