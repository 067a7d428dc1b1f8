import type { TempDir } from "../support/temp_dir.ts";
import type { Group } from "./groups.ts";

export const PASSES = 'Deno.test("passes", () => {});';
export const FAILS = 'Deno.test("fails", () => { throw new Error("wrong"); });';
export const CRASHES = 'Deno.test("crashes", () => Deno.kill(Deno.pid, "SIGKILL"));';

/** Writes test files with these texts into a directory: for each group a list of them. */
export function writeGroups(
  directory: TempDir,
  groups: readonly (readonly string[])[],
): Promise<Group[]> {
  return Promise.all(
    groups.map((texts, group) =>
      Promise.all(texts.map(async (text, file) => {
        const path = directory.join(`${group}_${file}.ts`);
        await Deno.writeTextFile(path, text);
        return path;
      }))
    ),
  );
}
