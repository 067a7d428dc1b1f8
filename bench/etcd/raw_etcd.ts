import { Buffer } from "node:buffer";
import { linesOf } from "../child.ts";

/** Text or bytes in the form of etcd's gateway. */
export function base64(value: string | Uint8Array): string {
  return Buffer.from(value as Uint8Array).toString("base64");
}

/** The least that a client of etcd's gateway can do: one `fetch` per request, no checks. */
export class RawEtcd {
  readonly #url: string;

  constructor(address: string) {
    this.#url = `http://${address}/v3`;
  }

  /** Puts one value. @param key in base64 */
  async put(key: string, value: string): Promise<void> {
    await this.#post("kv/put", { key, value });
  }

  /** Puts many values in one transaction. */
  async putAll(puts: readonly { readonly key: string; readonly value: string }[]): Promise<void> {
    await this.#post("kv/txn", { success: puts.map((each) => ({ request_put: each })) });
  }

  /** Reads all values of a range, as text. */
  async range(key: string, end: string): Promise<string[]> {
    const { kvs = [] } = await this.#post("kv/range", { key, range_end: end });
    return (kvs as { value: string }[]).map(({ value }) => Buffer.from(value, "base64").toString());
  }

  /** Watches one key, and calls `onEvent` with each value. Resolves when it is live. */
  async watch(
    key: string,
    onEvent: (value: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const body = JSON.stringify({ create_request: { key } });
    const response = await fetch(`${this.#url}/watch`, { method: "POST", body, signal });
    const live = Promise.withResolvers<void>();
    void read(response, (line) => {
      const { result: { created, events = [] } } = JSON.parse(line);
      if (created) live.resolve();
      for (const { kv } of events) onEvent(Buffer.from(kv.value, "base64"));
    });
    await live.promise;
  }

  async #post(method: string, body: unknown): Promise<Record<string, unknown>> {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${this.#url}/${method}`, init);
    if (!response.ok) throw new Error(`etcd: ${await response.text()}`);
    return await response.json();
  }
}

async function read(response: Response, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of linesOf(response.body ?? new Blob().stream())) onLine(line);
  } catch {
    // The measurement has ended.
  }
}
