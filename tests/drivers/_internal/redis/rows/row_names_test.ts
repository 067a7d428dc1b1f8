import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  redisKeyPattern,
  type RedisKeySchema,
  redisRowName,
  redisRowNameReader,
  redisTablePattern,
  redisTagOf,
} from "../../../../../drivers/_internal/redis/rows/row_names.ts";

const SCHEMAS: readonly RedisKeySchema[] = ["released", "head"];
const ODD = ["", ".", "..", ".a", "a.b", "{", "}", "{}", "a}b", "%", "%2E", "%25", "%7D", "%2%2E"];

Deno.test("redisRowName keeps ordinary texts unchanged", () => {
  const id = { table: "lport", key: "p-1", topic: "50% [x]*" };
  assert.equal(redisRowName(id, "released"), "{lport.50% [x]*}.p-1");
  assert.equal(redisRowName(id, "head"), "{lport.50% [x]*}p-1");
  assert.equal(redisRowName({ ...id, topic: undefined }, "released"), "{lport.}.p-1");
  assert.equal(redisRowName({ ...id, topic: "" }, "head"), "{lport.}p-1");
});

Deno.test("redisRowNameReader reverses redisRowName, and no two rows share a name", () => {
  for (const schema of SCHEMAS) {
    const seen = new Set<string>();
    for (const table of ODD) {
      for (const topic of ODD) {
        for (const key of ODD) {
          const name = redisRowName({ table, key, topic }, schema);
          assert(!seen.has(name), `${name} twice`);
          seen.add(name);
          const read = { name, key, topic: topic === "" ? null : topic, schema };
          assert.deepEqual(redisRowNameReader(table)(name, Buffer.from(name)), read);
          assert.equal(
            redisTagOf(name),
            redisTagOf(redisRowName({ table, key: "", topic }, schema)),
          );
        }
      }
    }
  }
});

Deno.test("redisRowNameReader is undefined, when the name belongs to another table", () => {
  const read = redisRowNameReader("lport");
  for (
    const name of [
      "{lport2.}.a",
      "lport",
      "{lport.",
      "{lport}",
      "x{lport.}.a",
      "{unique_key.}.lport",
    ]
  ) {
    assert.equal(read(name, Buffer.from(name)), undefined, name);
  }
});

Deno.test("patterns escape every character that is special in a glob", () => {
  assert.equal(redisTablePattern("l*[a]\\?"), "{l\\*\\[a\\]\\\\\\?.*}*");
  assert.equal(redisTablePattern("lport", "t*"), "{lport.t\\*}*");
  assert.equal(redisKeyPattern("lport", "p*"), "{lport.*}*\\*");
});
