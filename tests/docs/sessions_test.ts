import assert from "node:assert/strict";
import { blocksOf, readPage } from "./pages.ts";
import { runSession } from "./session.ts";

const PAGES = ["deploy", "operate", "troubleshoot", "security"].map((name) => `docs/${name}.md`);

for (const path of ["README.md", ...PAGES]) {
  Deno.test(`the commands of ${path} that one machine can run do what it says`, async () => {
    const scripts = blocksOf(await readPage(path), "sh").filter(({ info }) => info === "sh run");
    assert(scripts.length > 0, "no block");
    await runSession(withService(scripts.map(({ text }) => text).join("\n")));
  });
}

/** Most pages are about a service that runs. */
function withService(script: string): string {
  return script.includes("df-pubsub serve")
    ? script
    : `df-pubsub serve & # prints READY\n${script}`;
}
