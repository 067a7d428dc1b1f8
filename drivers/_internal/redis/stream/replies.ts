/** One entry: its id, and the bytes of the value of our field. */
export interface StreamEntry {
  readonly id: Uint8Array;
  readonly payload: Uint8Array | undefined;
}

/** Parses the reply to XREAD: entries by key, in order; empty without entries. */
export function parseEntries(
  answer: unknown,
  field: string,
): ReadonlyMap<string, readonly StreamEntry[]> {
  const streams = new Map<string, readonly StreamEntry[]>();
  if (answer === null) return streams;
  for (const stream of list(answer)) {
    const [key, entries] = list(stream);
    streams.set(String(key), list(entries).map((entry) => parseEntry(entry, field)));
  }
  return streams;
}

function parseEntry(entry: unknown, field: string): StreamEntry {
  const [id, pairs] = list(entry);
  if (!(id instanceof Uint8Array)) throw new TypeError("XREAD: an entry has no id");
  return { id, payload: valueOf(list(pairs), field) };
}

function valueOf(pairs: readonly unknown[], field: string): Uint8Array | undefined {
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const value = pairs[at + 1];
    if (String(pairs[at]) === field && value instanceof Uint8Array) {
      return new Uint8Array(value.buffer, value.byteOffset, value.length);
    }
  }
  return undefined;
}

/** The replies of a transaction: what EXEC has returned. */
export function answers(exec: PromiseSettledResult<unknown> | undefined): readonly unknown[] {
  if (exec?.status === "fulfilled" && Array.isArray(exec.value)) return exec.value;
  throw new TypeError("EXEC: the reply is not a list");
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("XREAD: a reply is not a list");
}
