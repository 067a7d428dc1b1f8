import assert from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { readSources } from "../../cli/composition.ts";
import { FakeIo } from "../support/fakes/fake_io.ts";
import { readSourceTree } from "../support/architecture/source_tree.ts";
import { proseOf, readPage, readPages } from "./pages.ts";

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

Deno.test("the page about packages names every library that the program opens", async () => {
  const { text } = await readPage("docs/packaging.md");
  const drivers = (await readSourceTree([])).filter(({ path }) => path.startsWith("drivers/"));
  const named = drivers.flatMap(({ text }) => text.match(/(?<=")lib\w+\.so\.\d+(?=")/g) ?? []);
  // The page says glibc, and that the program brings its own libzmq.
  const opened = new Set(named).difference(new Set(["libc.so.6", "libzmq.so.5"]));
  assert.deepEqual([...opened].filter((library) => !text.includes(`\`${library}\``)), []);
  assert(opened.size > 0);
});

Deno.test("the page about the library has every entry point in its table", async () => {
  const { text } = await readPage("docs/library.md");
  const listed = [...text.matchAll(/^\| `@df\/pubsub(\/[\w/]+)?`/gm)];
  const known = Object.keys(configuration.exports).map((name) => name.slice(1));
  assert.deepEqual(listed.map(([, name = ""]) => name).sort(), known.sort());
});
