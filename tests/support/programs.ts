import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

/** Every file that an entry point takes exports from, where users look for examples. */
const SOURCES = [
  "mod.ts",
  "driver.ts",
  "wire.ts",
  "library/config.ts",
  "library/console_logger.ts",
  "library/open.ts",
];

/** A program that documentation shows. */
export interface Example {
  /** The file that shows it. */
  readonly path: string;
  readonly title: string;
  readonly code: string;
}

/** Every `@example` of the library. */
export async function libraryExamples(): Promise<Example[]> {
  return (await Array.fromAsync(SOURCES, examplesOf)).flat();
}

async function examplesOf(path: string): Promise<Example[]> {
  const source = await Deno.readTextFile(new URL(path, ROOT));
  const blocks = source.matchAll(/ \* @example (.*)\n \* ```ts\n([\s\S]*?) \* ```/g);
  const examples = [...blocks].map(([, title = "", block = ""]) => ({
    path,
    title,
    code: block.replace(/^ \* ?/gm, ""),
  }));
  assert.equal(examples.length, source.split("@example").length - 1, `${path}: not all were read`);
  return examples;
}

/** What the comments after `console.log` say that a program prints. */
export function promisedOutput(code: string): string {
  const lines = [...code.matchAll(/^ *console\.log\(.*\);(?: \/\/ (.*))?$/gm)];
  return lines.map(([line, output]) => `${output ?? `nothing is promised of ${line}`}\n`).join("");
}

/** The programs of docs/library.md by the name in their first line, and what one says it prints. */
export async function libraryPage(): Promise<
  { readonly programs: ReadonlyMap<string, string>; readonly output: string }
> {
  const text = await Deno.readTextFile(new URL("docs/library.md", ROOT));
  const blocks = [...text.matchAll(/^```ts\n(?:\/\/ (\w+\.ts)\n)?([\s\S]*?)^```$/gm)];
  const programs = new Map(blocks.map(([, name = "", code = ""]) => [name, code]));
  assert.equal(programs.has(""), false, "a program without a name in its first line");
  assert.equal(programs.size, text.split("```ts").length - 1);
  return { programs, output: /```text\n([\s\S]*?)```/.exec(text)?.[1] ?? "" };
}
