/**
 * Refuses what cannot be read again and again: a pipe would keep its reader waiting, and be empty
 * the next time.
 *
 * @throws {TypeError} when it is not a regular file
 */
export async function requireRegularFile(path: string): Promise<void> {
  // It has an end, and is the same each time.
  if (path === "/dev/null") return;
  const { isFile } = await Deno.stat(path);
  if (!isFile) throw new TypeError("not a regular file, which is wanted as it is read again");
}
