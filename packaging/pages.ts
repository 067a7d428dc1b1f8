import { join, normalize } from "node:path";
import { ROOT } from "./child.ts";

/** A link to another file, with or without the name of a heading. */
const LINK = /\[([^\]]+)\]\((?!\w+:)([^)#\s]+)(?:#[^)\s]*)?\)/g;

/** The pages of the documentation, relative to the project: the README, and all in `docs/`. */
export async function documentation(): Promise<string[]> {
  return ["README.md", ...await pagesIn("docs"), ...await pagesIn("docs/decisions")];
}

async function pagesIn(directory: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(ROOT, directory)));
  return entries.map(({ name }) => `${directory}/${name}`).filter((path) => path.endsWith(".md"))
    .sort();
}

/**
 * The text of a page for a package that holds only these pages of the project. A link to any other
 * file becomes plain text.
 */
export async function packagedPage(path: string, pages: readonly string[]): Promise<string> {
  const text = await Deno.readTextFile(join(ROOT, path));
  return text.replace(LINK, (link, words: string, target: string) => {
    const wanted = normalize(join(path, "..", target));
    const isThere = pages.some((page) =>
      page === wanted || (wanted.endsWith("/") && page.startsWith(wanted))
    );
    return isThere ? link : words;
  });
}
