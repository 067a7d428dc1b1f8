import { join } from "node:path";

/** Test files that one process runs. */
export type Group = readonly string[];

/** Most files in a group: what a crash takes with it, and what one processor is left with at the end. */
const GROUP_SIZE = 16;

/** Where tests mostly wait; they begin first, so that short groups are left to fill up the end. */
const SLOW_FOLDERS = ["tests/e2e/", "tests/drivers/"];

/** The test files at these paths of a project, each once, in order. */
export async function testFilesAt(root: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => filesAt(root, path.replace(/\/+$/, ""))));
  return [...new Set(found.flat())].sort();
}

async function filesAt(root: string, path: string): Promise<string[]> {
  if ((await Deno.stat(join(root, path))).isFile) return [path];
  const entries = await Array.fromAsync(Deno.readDir(join(root, path)));
  const found = entries.map(({ name, isDirectory }) => {
    if (isDirectory) return filesAt(root, join(path, name));
    return name.endsWith("_test.ts") ? [join(path, name)] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Divides files into groups of about the same size, the slow ones first. */
export function groupsOf(files: readonly string[], size: number = GROUP_SIZE): Group[] {
  const rank = (file: string) => {
    const index = SLOW_FOLDERS.findIndex((folder) => file.startsWith(folder));
    return index < 0 ? SLOW_FOLDERS.length : index;
  };
  const ranks = [...SLOW_FOLDERS.keys(), SLOW_FOLDERS.length];
  return ranks.flatMap((each) => split(files.filter((file) => rank(file) === each), size));
}

function split(files: readonly string[], size: number): Group[] {
  const count = Math.ceil(files.length / size);
  const start = (index: number) => Math.round(index * files.length / count);
  return Array.from({ length: count }, (_, index) => files.slice(start(index), start(index + 1)));
}
