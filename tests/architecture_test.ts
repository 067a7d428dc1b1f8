import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { type SourceFile, unpinned, violationsOf } from "./support/architecture.ts";
import { readSourceTree } from "./support/source_tree.ts";

const tree = await readSourceTree(["main.ts", "mod.ts"]);

Deno.test("the project keeps the rules of its architecture", () => {
  assert.deepEqual(tree.flatMap(violationsOf), []);
});

Deno.test("the project pins every package", () => {
  assert.deepEqual(unpinned(config.imports), []);
});

Deno.test("the architecture test sees the files and the arrows between them", () => {
  const importsOf = (path: string) => tree.find((file) => file.path === path)?.imports;
  assert(importsOf("service/controller/relay.ts")?.includes("drivers/contract/pubsub.ts"));
  assert(importsOf("drivers/registry.ts")?.includes("drivers/pubsub/zmq.ts"), "lazy imports");
  assert(importsOf("cli/flags/flag_values.ts")?.some((target) => target.startsWith("npm:")));
  assert(importsOf("service/node/tables/row_digest.ts")?.includes("node:crypto"));
  assert(importsOf("tests/architecture_test.ts")?.includes("tests/support/architecture.ts"));
});

const LONG = "\n".repeat(251);

/** A file with one fault, and the rule that must name it. */
const FAULTS: readonly (readonly [Partial<SourceFile> & { readonly path: string }, RegExp])[] = [
  [
    { path: "drivers/contract/db.ts", imports: ["service/base/clock.ts"] },
    /contract imports only itself/,
  ],
  [{ path: "drivers/contract/db.ts", imports: ["node:path"] }, /contract imports only itself/],
  [{ path: "service/x.ts", imports: ["drivers/pubsub/zmq.ts"] }, /service imports only/],
  [{ path: "service/x.ts", imports: ["drivers/registry.ts"] }, /service imports only/],
  [{ path: "service/x.ts", imports: ["drivers/_internal/notifier.ts"] }, /service imports only/],
  [{ path: "service/x.ts", imports: ["cli/terminal/io.ts"] }, /service imports only/],
  [{ path: "service/x.ts", imports: ["npm:ioredis@6.0.0"] }, /service imports only/],
  [{ path: "service/x.ts", imports: ["node:fs"] }, /service imports only/],
  [{ path: "service/x.ts", imports: ["node:net/promises"] }, /service imports only/],
  [{ path: "service/deep/x.ts", imports: ["tests/support/a.ts"] }, /service imports only/],
  [{ path: "drivers/pubsub/a.ts", imports: ["drivers/pubsub/b.ts"] }, /no other driver/],
  [{ path: "drivers/db/a.ts", imports: ["drivers/pubsub/b.ts"] }, /no other driver/],
  [{ path: "drivers/db/a.ts", imports: ["service/base/clock.ts"] }, /no service/],
  [{ path: "drivers/db/a.ts", imports: ["cli/terminal/io.ts"] }, /no command/],
  [{ path: "drivers/db/a.ts", imports: ["drivers/registry.ts"] }, /no other driver/],
  [{ path: "drivers/_internal/a.ts", imports: ["drivers/db/sqlite.ts"] }, /_internal imports only/],
  [
    { path: "drivers/registry.ts", imports: ["service/base/clock.ts"] },
    /registry\.ts imports only/,
  ],
  [{ path: "cli/x.ts", imports: ["drivers/db/sqlite.ts"] }, /cli imports only/],
  [{ path: "cli/x.ts", imports: ["drivers/_internal/probe.ts"] }, /cli imports only/],
  [{ path: "cli/x.ts", imports: ["main.ts"] }, /cli imports only/],
  [{ path: "main.ts", imports: ["service/controller/relay.ts"] }, /main\.ts imports only cli/],
  [{ path: "mod.ts", imports: ["drivers/db/sqlite.ts"] }, /mod\.ts imports only/],
  [{ path: "bench/x.ts", imports: ["tests/support/a.ts"] }, /nothing imports tests/],
  [{ path: "cli/serve/serve.ts", text: "Deno.exit(1);" }, /know the process/],
  [{ path: "drivers/db/a.ts", text: "await Deno.stdout.write(x);" }, /know the process/],
  [{ path: "mod.ts", text: "run(Deno\n  .args)" }, /know the process/],
  [{ path: "service/x.ts", text: "Deno.hostname()" }, /service does without Deno/],
  [{ path: "drivers/contract/x.ts", text: "Deno.env" }, /contract does without Deno/],
  [{ path: "drivers/_internal/zmq/poller.ts", text: "Deno.dlopen(a, b)" }, /hold pointers/],
  [{ path: "drivers/pubsub/zmq.ts", text: "new Deno.UnsafePointerView(p)" }, /hold pointers/],
  [{ path: "service/x.ts", text: "function f(a: any) {}" }, /no type any/],
  [{ path: "cli/x.ts", text: "const a = b as any;" }, /no type any/],
  [{ path: "mod.ts", text: "type A = Record<string, any>;" }, /no type any/],
  [{ path: "bench/x.ts", text: "const a: any[] = [];" }, /no type any/],
  [{ path: "cli/x.ts", text: 'import a from "npm:a@1.0.0";' }, /named in deno\.json/],
  [{ path: "cli/x.ts", text: 'await import("https://a.example/b.ts")' }, /named in deno\.json/],
  [{ path: "service/x.ts", text: LONG }, /no source file is longer than 250/],
  [{ path: "tests/x_test.ts", text: LONG }, /no source file is longer than 250/],
];

for (const [fault, rule] of FAULTS) {
  const what = fault.imports ?? JSON.stringify(fault.text?.slice(0, 40));
  Deno.test(`violationsOf names file and rule, when ${fault.path} has ${what}`, () => {
    const found = violationsOf({ text: "", imports: [], ...fault });
    assert.equal(found.length, 1, found.join("\n"));
    const [line = ""] = found;
    assert(line.startsWith(`${fault.path}: `), line);
    assert.match(line, rule);
  });
}

const INNOCENT: readonly (Partial<SourceFile> & { readonly path: string })[] = [
  { path: "service/x.ts", text: "// Deno.exit would end it\n/** Not `Deno.args`: any. */\n" },
  {
    path: "service/x.ts",
    text: "await Promise.any(all); AbortSignal.any([a, b]); const many = 1;",
  },
  { path: "service/x.ts", imports: ["node:crypto", "service/deep/y.ts", "drivers/contract/db.ts"] },
  { path: "drivers/_internal/zmq/libzmq_library.ts", text: "Deno.dlopen(a, b)" },
  { path: "cli/terminal/process_io.ts", text: "Deno.stdin" },
  { path: "tests/x_test.ts", text: "const a: any = Deno.args;", imports: ["drivers/db/memory.ts"] },
  { path: "service/x.ts", text: "\n".repeat(250) },
];

for (const file of INNOCENT) {
  const what = file.imports ?? JSON.stringify(file.text?.slice(0, 40));
  Deno.test(`violationsOf finds nothing, when ${file.path} has ${what}`, () => {
    assert.deepEqual(violationsOf({ text: "", imports: [], ...file }), []);
  });
}

Deno.test("unpinned names the package, when its version is a range, a tag or missing", () => {
  const good = { "a": "npm:a@1.0.0", "@b/c": "npm:@b/c@2.3.4-rc.1", "@df/pubsub": "./mod.ts" };
  assert.deepEqual(unpinned(good), []);
  for (const bad of ["npm:a@^1.0.0", "npm:a@1", "npm:a", "npm:a@latest", "jsr:@a/b@1.0.0"]) {
    assert.deepEqual(unpinned({ ...good, bad }), [
      `deno.json: "bad" is "${bad}": packages are pinned exactly`,
    ]);
  }
});
