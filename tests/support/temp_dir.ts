import { join } from "node:path";

/** A directory of a test's own. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** The path of something inside. */
  join(...names: string[]): string;
}

/** Makes an empty directory that goes, with all it holds, at the end of an `await using`. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix: "df-pubsub-" });
  return {
    path,
    join: (...names) => join(path, ...names),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
