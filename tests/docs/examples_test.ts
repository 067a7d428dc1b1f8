import { match, ok, strictEqual } from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

async function runExample(code: string): Promise<string> {
  const path = await Deno.makeTempFile({ dir: ROOT.pathname, prefix: ".example-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, code.replaceAll('"@df/pubsub"', '"./mod.ts"'));
    const args = ["run", "--quiet", "--check", "-A", path];
    const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args })
      .output();
    strictEqual(exit, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("the example of mod.ts type-checks, runs, and prints what it says", async () => {
  const source = await Deno.readTextFile(new URL("mod.ts", ROOT));
  const block = /```ts\n([\s\S]*?) \* ```/.exec(source)?.[1];
  ok(block !== undefined, "mod.ts has no example");
  const output = await runExample(block.replace(/^ \* ?/gm, ""));
  match(output, /^lport port-1 create \{"name": "eth0"\}\n$/);
});
