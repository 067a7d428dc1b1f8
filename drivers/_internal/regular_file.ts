/**
 * Refuses files that cannot be read repeatedly: a pipe would block its reader, and be empty at the
 * next read.
 *
 * @throws {TypeError} if it is not a regular file
 */
export async function requireRegularFile(path: string): Promise<void> {
  // A regular file has an end, and is the same each time.
  if (path === "/dev/null") return;
  const { isFile } = await Deno.stat(path);
  if (!isFile) throw new TypeError("not a regular file, wanted one since it is read repeatedly");
}
