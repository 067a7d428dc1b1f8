import { headAt } from "./block.ts";

const NAME = /^(\d{10})\.dfrec$/;
const FIRST_BYTES = 64;

/** The error for a path that is not a directory. */
export const NO_DIRECTORY = "it is not a directory";

/** Name of the file that a recorder locks in its directory. */
export const LOCK_FILE = "lock";

/** Whether a file of this name is a segment. */
export function isSegmentName(name: string): boolean {
  return NAME.test(name);
}

/** A file with blocks, in the order of its number. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  /** Size of the file. What follows the blocks of this segment is old. */
  size: number;
  /** When its first frame was published, in Unix milliseconds; null without one. */
  from: number | null;
}

/** The path of a segment. */
export function segmentPath(directory: string, number: number): string {
  return `${directory}/${padded(number)}.dfrec`;
}

function padded(number: number): string {
  return String(number).padStart(10, "0");
}

/** A place in a segment. Places sort in their order. */
export function placeIn({ number }: Pick<Segment, "number">, at: number): string {
  return `${padded(number)}:${padded(at)}`;
}

/** The segments of a directory, the oldest first. Other files are ignored. */
export async function listSegments(directory: string): Promise<Segment[]> {
  const numbers: number[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    const number = isFile ? NAME.exec(name)?.[1] : undefined;
    if (number !== undefined) numbers.push(Number(number));
  }
  const found = numbers.sort((a, b) => a - b).map((number) => segmentOf(directory, number));
  return (await Promise.all(found)).filter((segment) => segment !== undefined);
}

/** Undefined if the recorder has used the file again since. */
async function segmentOf(directory: string, number: number): Promise<Segment | undefined> {
  const path = segmentPath(directory, number);
  const first = await readFile({ path, size: FIRST_BYTES }, new Uint8Array(FIRST_BYTES));
  if (first === undefined) return undefined;
  const info = await ifFound(Deno.stat(path));
  if (info === undefined) return undefined;
  return { number, path, size: info.size, from: headAt(first, 0, number)?.from ?? null };
}

/**
 * Reads a file into a buffer that is large enough; undefined if it does not exist, or if the
 * recorder has begun to use it again, under another name.
 */
export async function readFile(
  { path, size }: Pick<Segment, "path" | "size">,
  buffer: Uint8Array,
): Promise<Uint8Array | undefined> {
  using file = await ifFound(Deno.open(path));
  if (file === undefined) return undefined;
  let read = 0;
  while (read < size) {
    const more = await file.read(buffer.subarray(read, size));
    if (more === null) break;
    read += more;
  }
  return await ifFound(Deno.stat(path)) && buffer.subarray(0, read);
}

/** The result of an operation on a file; undefined if the file does not exist. */
export async function ifFound<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
