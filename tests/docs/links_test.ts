import assert from "node:assert/strict";
import { readSourceTree } from "../support/architecture/source_tree.ts";
import { type Page, proseOf, readPages } from "./pages.ts";

const pages = await readPages();
const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page)]));

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: Page): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ""] of proseOf(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim().toLowerCase();
    const anchor = text.replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    let unique = anchor;
    for (let count = 1; found.has(unique); count++) unique = `${anchor}-${count}`;
    found.add(unique);
  }
  return found;
}

async function brokenLinks(page: Page): Promise<string[]> {
  const broken: string[] = [];
  const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, "");
  for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const { pathname, hash } = new URL(target, `file:///${page.path}`);
    const path = pathname.slice(1);
    const isThere = await Deno.stat(new URL(`../../${path}`, import.meta.url)).catch(() => null);
    const anchor = decodeURIComponent(hash.slice(1));
    const isAnchor = anchor === "" || anchors.get(path)?.has(anchor) === true;
    if (isThere === null || !isAnchor) broken.push(`${page.path}: ${target}`);
  }
  return broken;
}

Deno.test("every relative link of every page leads to a file and an anchor that exist", async () => {
  const broken = await Promise.all(pages.map(brokenLinks));
  assert.deepEqual(broken.flat(), []);
});

Deno.test("every source file that a page names exists", async () => {
  const root = await Array.fromAsync(Deno.readDir(new URL("../../", import.meta.url)));
  const below = await readSourceTree([]);
  const paths = [...root.map(({ name }) => name), ...below.map(({ path }) => path)];
  // A decision and the changelog name files of their time.
  const today = pages.filter(({ path }) => !/^docs\/decisions\/|^CHANGELOG/.test(path));
  const missing = today.flatMap((page) => {
    const named = proseOf(page).matchAll(/`((?:[\w.-]+\/)*\w+\.ts)`/g);
    return [...named].map(([, name = ""]) => name)
      .filter((name) => !paths.some((path) => `/${path}`.endsWith(`/${name}`)))
      .map((name) => `${page.path}: ${name}`);
  });
  assert.deepEqual(missing, []);
});
