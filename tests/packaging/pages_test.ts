import assert from "node:assert/strict";
import { BESIDE } from "../../packaging/library/sources.ts";
import { documentation, packagedPage } from "../../packaging/pages.ts";
import { payload } from "../../packaging/payload.ts";

const DIRECTORY = "/usr/share/doc/df-pubsub/";

Deno.test("payload has no page with a link to a file that the package does not have", async () => {
  const files = await payload(new Date(0));
  const paths = files.map(({ path }) => `/${path}`);
  const pages = files.filter(({ path }) => path.endsWith(".md"));
  assert(pages.length > 10);
  const dead = pages.flatMap(({ path, content }) => {
    const text = typeof content === "string" ? content : new TextDecoder().decode(content);
    return [...text.matchAll(/\]\((?!\w+:|#)([^)\s]+)\)/g)]
      .map(([, target = ""]) => new URL(target, `file:///${path}`).pathname)
      .filter((target) => !paths.some((known) => known === target || isIn(known, target)))
      .map((target) => `${path}: ${target}`);
  });
  assert.deepEqual(dead, []);
  assert(paths.includes(`${DIRECTORY}docs/architecture.md`));
});

function isIn(path: string, directory: string): boolean {
  return directory.endsWith("/") && path.startsWith(directory);
}

Deno.test("packagedPage keeps the words of a link to a page that the package lacks, and all other links", async () => {
  const pages = ["README.md", "docs/library.md"];
  const text = await packagedPage("README.md", pages);
  assert.match(text, /\[library\]\(docs\/library\.md\)/);
  assert.match(text, /\| deploy +\|/);
  const whole = await packagedPage("README.md", [...await documentation(), "CONTRIBUTING.md"]);
  assert.match(whole, /\[flight recorder\]\(docs\/operate\.md#the-flight-recorder\)/);
  assert.match(whole, /\[decisions\]\(docs\/decisions\/\)/);
});

Deno.test("the packages of the library have every page that docs/library.md links to", async () => {
  const page = "docs/library.md";
  const text = await Deno.readTextFile(new URL(`../../${page}`, import.meta.url));
  assert.equal(await packagedPage(page, BESIDE), text);
});
