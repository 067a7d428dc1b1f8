import { join } from "node:path";

/** A directory for one test. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** Returns the path of a file in the directory. */
  join(...names: string[]): string;
}

/** Creates an empty directory. The end of its `await using` scope removes it with its content. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix: "df-pubsub-" });
  return {
    path,
    join: (...names) => join(path, ...names),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
