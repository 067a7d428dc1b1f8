import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { type SourceFile, unpinned, violationsOf } from "./support/architecture/architecture.ts";
import { floors, roomTable } from "./support/architecture/floors.ts";
import { readSourceTree } from "./support/architecture/source_tree.ts";

const tree = await readSourceTree(["main.ts", "mod.ts", "driver.ts", "wire.ts"]);

Deno.test("the project keeps the rules of its architecture", () => {
  assert.deepEqual(tree.flatMap(violationsOf), []);
});

Deno.test("the rooms form no cycle, and each room belongs to one floor", () => {
  const found = floors();
  for (const [index, rooms] of [...found.entries()].reverse()) {
    console.log(`floor ${index + 1}: ${rooms.map(({ path }) => path).join("  ")}`);
  }
  assert.equal(found.at(0)?.map(({ path }) => path).join(), "drivers/contract/");
  assert.equal(found.at(-1)?.map(({ path }) => path).join(), "main.ts");
});

Deno.test("CONTRIBUTING.md has the same table of rooms as rooms.ts", async () => {
  const text = await Deno.readTextFile(new URL("../CONTRIBUTING.md", import.meta.url));
  const rows = text.split("\n").filter((line) => /^\| `[\w/.]+`/.test(line));
  const cells = (row: string) => row.split("|").map((cell) => cell.trim());
  assert.deepEqual(rows.map(cells), roomTable().map(cells));
});

Deno.test("the project pins every package", () => {
  assert.deepEqual(unpinned(config.imports), []);
});

Deno.test("the architecture test finds the files and their imports", () => {
  const importsOf = (path: string) => tree.find((file) => file.path === path)?.imports;
  assert(importsOf("service/controller/relay.ts")?.includes("drivers/contract/pubsub.ts"));
  assert(importsOf("drivers/registry.ts")?.includes("drivers/pubsub/zmq.ts"), "lazy imports");
  assert(importsOf("cli/flags/flag_values.ts")?.some((target) => target.startsWith("npm:")));
  assert(importsOf("service/node/tables/row_digest.ts")?.includes("node:crypto"));
  assert(
    importsOf("tests/architecture_test.ts")?.includes("tests/support/architecture/architecture.ts"),
  );
});

const LONG = "\n".repeat(251);

/** One violation for each import that the room of a file must not have. */
function forbidden(path: string, ...targets: readonly string[]) {
  return targets.map((target) => [{ path, imports: [target] }, /may not import that$/] as const);
}

/** A file with one violation, and the rule that must report it. */
const FAULTS: readonly (readonly [Partial<SourceFile> & { readonly path: string }, RegExp])[] = [
  ...forbidden("drivers/contract/db.ts", "service/base/clock.ts", "node:path"),
  ...forbidden("service/event/x.ts", "service/base/clock.ts", "service/config/ini.ts"),
  ...forbidden("service/base/x.ts", "service/publish/publisher.ts"),
  ...forbidden("service/publish/x.ts", "service/publishers/publishers_table.ts"),
  ...forbidden("service/receive/x.ts", "service/node/nb_api.ts", "service/controller/relay.ts"),
  ...forbidden("service/node/x.ts", "service/controller/relay.ts", "drivers/pubsub/zmq.ts"),
  ...forbidden("service/node/x.ts", "drivers/registry.ts", "drivers/_internal/notifier.ts"),
  ...forbidden("service/node/tables/x.ts", "cli/terminal/io.ts", "npm:ioredis@6.0.0", "node:fs"),
  ...forbidden("service/node/x.ts", "node:net/promises", "tests/support/a.ts"),
  ...forbidden(
    "drivers/pubsub/a.ts",
    "drivers/pubsub/b.ts",
    "drivers/db/b.ts",
    "service/base/clock.ts",
  ),
  ...forbidden(
    "drivers/db/a.ts",
    "drivers/pubsub/b.ts",
    "cli/terminal/io.ts",
    "drivers/registry.ts",
  ),
  ...forbidden("drivers/_internal/a.ts", "drivers/db/sqlite.ts"),
  ...forbidden(
    "drivers/_internal/sockets/a.ts",
    "drivers/_internal/zmtp/wire.ts",
    "drivers/_internal/notifier.ts",
  ),
  ...forbidden("drivers/_internal/zmtp/wire.ts", "drivers/_internal/zmtp/publish/wire_log.ts"),
  ...forbidden(
    "drivers/_internal/zmtp/publish/a.ts",
    "drivers/_internal/zmtp/subscribe/a.ts",
    "drivers/_internal/zmtp/push_pull/a.ts",
  ),
  ...forbidden("drivers/registry.ts", "service/base/clock.ts"),
  ...forbidden("cli/x.ts", "drivers/db/sqlite.ts", "drivers/_internal/probe.ts", "main.ts"),
  ...forbidden("cli/serve/x.ts", "cli/publish/publish.ts", "cli/program.ts", "drivers/registry.ts"),
  ...forbidden("cli/terminal/x.ts", "cli/composition.ts", "service/event/db_update.ts"),
  ...forbidden("main.ts", "service/controller/relay.ts"),
  ...forbidden("mod.ts", "drivers/db/sqlite.ts", "drivers/registry.ts"),
  ...forbidden("driver.ts", "service/base/clock.ts", "library/open.ts"),
  ...forbidden("wire.ts", "drivers/contract/errors.ts", "service/config/ini.ts"),
  ...forbidden("library/x.ts", "drivers/db/sqlite.ts", "cli/terminal/log.ts"),
  [{ path: "service/x.ts" }, /belongs to no room/],
  [{ path: "elsewhere/x.ts" }, /belongs to no room/],
  [{ path: "bench/x.ts", imports: ["tests/support/a.ts"] }, /nothing imports tests/],
  [{ path: "cli/serve/serve.ts", text: "Deno.exit(1);" }, /know the process/],
  [{ path: "drivers/db/a.ts", text: "await Deno.stdout.write(x);" }, /know the process/],
  [{ path: "mod.ts", text: "run(Deno\n  .args)" }, /know the process/],
  [{ path: "service/base/x.ts", text: "Deno.hostname()" }, /service does without Deno/],
  [{ path: "drivers/contract/x.ts", text: "Deno.env" }, /contract does without Deno/],
  [{ path: "drivers/_internal/libzmq/engine.ts", text: "Deno.dlopen(a, b)" }, /hold pointers/],
  [{ path: "drivers/pubsub/zmq.ts", text: "new Deno.UnsafePointerView(p)" }, /hold pointers/],
  [{ path: "service/base/x.ts", text: "function f(a: any) {}" }, /no type any/],
  [{ path: "cli/x.ts", text: "const a = b as any;" }, /no type any/],
  [{ path: "mod.ts", text: "type A = Record<string, any>;" }, /no type any/],
  [{ path: "bench/x.ts", text: "const a: any[] = [];" }, /no type any/],
  [{ path: "cli/x.ts", text: 'import a from "npm:a@1.0.0";' }, /named in deno\.json/],
  [{ path: "cli/x.ts", text: 'await import("https://a.example/b.ts")' }, /named in deno\.json/],
  [{ path: "service/base/x.ts", text: LONG }, /no source file is longer than 250/],
  [{ path: "tests/x_test.ts", text: LONG }, /no source file is longer than 250/],
];

for (const [fault, rule] of FAULTS) {
  const what = fault.imports ?? JSON.stringify(fault.text?.slice(0, 40));
  Deno.test(`violationsOf reports the file and the rule, when ${fault.path} has ${what}`, () => {
    const found = violationsOf({ text: "", imports: [], ...fault });
    assert.equal(found.length, 1, found.join("\n"));
    const [line = ""] = found;
    assert(line.startsWith(`${fault.path}: `), line);
    assert.match(line, rule);
  });
}

const INNOCENT: readonly (Partial<SourceFile> & { readonly path: string })[] = [
  { path: "service/base/x.ts", text: "// Deno.exit would end it\n/** Not `Deno.args`: any. */\n" },
  {
    path: "service/base/x.ts",
    text: "await Promise.any(all); AbortSignal.any([a, b]); const many = 1;",
  },
  {
    path: "service/base/x.ts",
    imports: ["node:crypto", "service/config/y.ts", "drivers/contract/db.ts"],
  },
  { path: "drivers/_internal/libzmq/libzmq_library.ts", text: "Deno.dlopen(a, b)" },
  { path: "cli/terminal/process_io.ts", text: "Deno.stdin" },
  { path: "tests/x_test.ts", text: "const a: any = Deno.args;", imports: ["drivers/db/memory.ts"] },
  { path: "service/base/x.ts", text: "\n".repeat(250) },
];

for (const file of INNOCENT) {
  const what = file.imports ?? JSON.stringify(file.text?.slice(0, 40));
  Deno.test(`violationsOf finds nothing, when ${file.path} has ${what}`, () => {
    assert.deepEqual(violationsOf({ text: "", imports: [], ...file }), []);
  });
}

Deno.test("unpinned reports the package, when its version is a range, a tag or missing", () => {
  const good = { "a": "npm:a@1.0.0", "@b/c": "npm:@b/c@2.3.4-rc.1", "@df/pubsub": "./mod.ts" };
  assert.deepEqual(unpinned(good), []);
  for (const bad of ["npm:a@^1.0.0", "npm:a@1", "npm:a", "npm:a@latest", "jsr:@a/b@1.0.0"]) {
    assert.deepEqual(unpinned({ ...good, bad }), [
      `deno.json: "bad" is "${bad}": packages are pinned exactly`,
    ]);
  }
});
