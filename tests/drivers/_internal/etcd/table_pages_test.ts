import assert from "node:assert/strict";
import { base64 } from "../../../../drivers/_internal/etcd/keys.ts";
import { Reason } from "../../../../drivers/_internal/reason.ts";
import { readTable } from "../../../../drivers/_internal/etcd/table_pages.ts";

const MB = 1024 * 1024;

/** Maximum size of the values in an answer that arrives in time. */
const MAX_BYTES = 3_000 * MB;

/** Reads a table whose values have this size in the answers. @returns the size of each page */
function pageSizes(rows: number, valueSize: number): Promise<number[]> {
  return pageSizesOf(Array(rows).fill(valueSize));
}

/** Reads a table whose values have these sizes in the answers. @returns the size of each page */
async function pageSizesOf(valueSizes: readonly number[]): Promise<number[]> {
  const rows = valueSizes.length;
  const value = "x".repeat(Math.max(0, ...valueSizes));
  const kvs = valueSizes.map((size, n) => {
    const key = base64(`/t/${String(n).padStart(6, "0")}`);
    return { key, value: value.slice(0, size), mod_revision: "1" };
  });
  let sent = 0;
  let failures = 0;
  const range = (limit: number) => {
    const page = kvs.slice(sent, sent + limit);
    const bytes = page.reduce((sum, each) => sum + each.value.length, 0);
    if (bytes > MAX_BYTES) {
      assert(failures++ === 0, "wanted one failure");
      throw new Reason("no answer before the timeout");
    }
    sent += page.length;
    return { kvs: page, more: sent < rows };
  };
  const client = {
    call: async (_: string, body: unknown) => {
      await Promise.resolve();
      const { limit, success: [first] = [] } = body as {
        readonly limit: number;
        readonly success?: readonly { readonly request_range: { readonly limit: number } }[];
      };
      const answer = first === undefined
        ? range(limit)
        : { responses: [{ response_range: range(first.request_range.limit) }] };
      return answer;
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

Deno.test("readTable reads fewer rows at once, when an answer takes too long", async () => {
  const sizes = [...Array(100).fill(20), ...Array(90).fill(50 * MB)];
  assert.deepEqual(await pageSizesOf(sizes), [32, 32, 32, 32, ...Array(62).fill(1)]);
  await assert.rejects(pageSizes(32, 100 * MB), /no answer/);
});
