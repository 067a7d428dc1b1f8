import { messageOf } from "../contract/errors.ts";
import { unusableFile } from "../contract/invalid_option.ts";
import type { OptionDef, Settings } from "../contract/option.ts";

const MAX_FILE_BYTES = 1024 * 1024;

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

/**
 * The text of the file that an option names; undefined if it names none.
 *
 * @throws {DriverError} `FILE_UNUSABLE` with the option and the path, if it cannot be read or is
 * larger than 1 MiB
 */
export async function readOptionFile(
  settings: Settings,
  option: OptionDef<string>,
): Promise<string | undefined> {
  const path = settings.get(option);
  if (path === "") return undefined;
  try {
    await requireRegularFile(path);
    const { size } = await Deno.stat(path);
    if (size > MAX_FILE_BYTES) throw new RangeError(`it has more than ${MAX_FILE_BYTES} bytes`);
    return await Deno.readTextFile(path);
  } catch (cause) {
    const what = `cannot read "${path}": ${messageOf(cause)}`;
    throw unusableFile(settings, option, what, { cause });
  }
}
