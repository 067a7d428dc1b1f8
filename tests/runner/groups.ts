import { join } from "node:path";

/** Test files that one process runs. */
export type Group = readonly string[];

/** Maximum number of files in a group: a crash ends a whole group. */
const GROUP_SIZE = 24;

/**
 * Folders whose tests take long, the longest first: they run first, in groups of a third of the
 * size, so that short groups are left to fill up the end.
 */
const SLOW_FOLDERS = [
  "tests/faults/",
  "tests/e2e/",
  "tests/drivers/pubsub/",
  "tests/drivers/db/",
  "tests/packaging/",
  "tests/docs/",
];

/**
 * The test files at these paths of a project, each once, in order.
 *
 * @throws {RangeError} for a path without a file or folder
 */
export async function testFilesAt(root: string, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => filesAt(root, path.replace(/\/+$/, ""))));
  return [...new Set(found.flat())].sort();
}

async function filesAt(root: string, path: string): Promise<string[]> {
  const info = await Deno.stat(join(root, path)).catch(() => undefined);
  if (info === undefined) throw new RangeError(`"${path}": no such file or folder of tests`);
  if (info.isFile) return [path];
  const entries = await Array.fromAsync(Deno.readDir(join(root, path)));
  const found = entries.map(({ name, isDirectory }) => {
    if (isDirectory) return filesAt(root, join(path, name));
    return name.endsWith("_test.ts") ? [join(path, name)] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Divides files into groups of about the same size, those of slow folders first. */
export function groupsOf(files: readonly string[], size: number = GROUP_SIZE): Group[] {
  const isIn = (folder: string) => (file: string) => file.startsWith(folder);
  const isSlow = (file: string) => SLOW_FOLDERS.some((folder) => isIn(folder)(file));
  const slow = SLOW_FOLDERS.flatMap((folder) => split(files.filter(isIn(folder)), size / 3));
  return [...slow, ...split(files.filter((file) => !isSlow(file)), size)];
}

function split(files: readonly string[], size: number): Group[] {
  const count = Math.ceil(files.length / size);
  const start = (index: number) => Math.round(index * files.length / count);
  return Array.from({ length: count }, (_, index) => files.slice(start(index), start(index + 1)));
}
