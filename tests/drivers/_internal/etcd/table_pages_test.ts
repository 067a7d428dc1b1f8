import assert from "node:assert/strict";
import { base64 } from "../../../../drivers/_internal/etcd/keys.ts";
import { readTable } from "../../../../drivers/_internal/etcd/table_pages.ts";

const MB = 1024 * 1024;

/** Reads a table whose values have this size in the answers. @returns the size of each page */
async function pageSizes(rows: number, valueSize: number): Promise<number[]> {
  const value = "x".repeat(valueSize);
  const kvs = Array.from({ length: rows }, (_, n) => {
    return { key: base64(`/t/${String(n).padStart(6, "0")}`), value, mod_revision: "1" };
  });
  let sent = 0;
  const range = (limit: number) => {
    const page = kvs.slice(sent, sent + limit);
    sent += page.length;
    return { kvs: page, more: sent < rows };
  };
  const client = {
    call: (_: string, body: unknown) => {
      const { limit, success: [first] = [] } = body as {
        readonly limit: number;
        readonly success?: readonly { readonly request_range: { readonly limit: number } }[];
      };
      const answer = first === undefined
        ? range(limit)
        : { responses: [{ response_range: range(first.request_range.limit) }] };
      return Promise.resolve(answer);
    },
  };
  const sizes: number[] = [];
  for await (const page of readTable(client, "t", { keysOnly: false })) {
    sizes.push(page.rows.length);
  }
  return sizes;
}

Deno.test("readTable reads few rows at once, when they are large", async () => {
  assert.deepEqual(await pageSizes(100, 2 * MB), [32, ...Array(17).fill(4)]);
  assert.deepEqual(await pageSizes(2, 64 * MB), [2]);
  assert.deepEqual(await pageSizes(35, 64 * MB), [32, 1, 1, 1]);
});

Deno.test("readTable reads many rows at once, when they are small or empty", async () => {
  assert.deepEqual(await pageSizes(32, 300), [32]);
  assert.deepEqual(await pageSizes(1_000, 300), [32, 750, 218]);
  assert.deepEqual(await pageSizes(1_000, 0), [32, 750, 218]);
  assert.deepEqual(await pageSizes(0, 300), []);
});
