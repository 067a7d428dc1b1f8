const ROOT = new URL("../../", import.meta.url);
const SKIPPED = new Set(["node_modules", "dist", "tmp"]);

/** A page of the documentation. */
export interface Page {
  /** Relative to the root of the project: `docs/deploy.md`. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Block {
  /** The page and the line of the fence: `docs/deploy.md:12`. */
  readonly place: string;
  /** What follows the fence: `sh`, `sh run`, `ini`. */
  readonly info: string;
  readonly text: string;
}

/** Every Markdown file of the project. */
export async function readPages(): Promise<Page[]> {
  const paths = await markdownIn("");
  return await Promise.all(paths.sort().map(readPage));
}

/** One page by its path. */
export async function readPage(path: string): Promise<Page> {
  return { path, text: await Deno.readTextFile(new URL(path, ROOT)) };
}

async function markdownIn(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(directory || ".", ROOT))) {
    if (name.startsWith(".") || SKIPPED.has(name)) continue;
    if (isDirectory) found.push(...await markdownIn(`${directory}${name}/`));
    else if (name.endsWith(".md")) found.push(`${directory}${name}`);
  }
  return found;
}

const FENCE = /^( *)```([^\n]*)\n([^]*?)^ *```$/gm;

/** The fenced blocks of a page whose info string begins with this word. */
export function blocksOf({ path, text }: Page, language: string): Block[] {
  const blocks = [...text.matchAll(FENCE)].map((
    { index, 1: indent, 2: info = "", 3: block = "" },
  ) => ({
    place: `${path}:${text.slice(0, index).split("\n").length}`,
    info,
    text: block.replaceAll(new RegExp(`^${indent}`, "gm"), "").trimEnd(),
  }));
  return blocks.filter(({ info }) => info.split(" ")[0] === language);
}

/** The text of a page without its fenced blocks. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(FENCE, "");
}
