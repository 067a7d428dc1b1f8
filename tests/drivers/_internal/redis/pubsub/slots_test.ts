import assert from "node:assert/strict";
import { crc16, keySlot } from "../../../../../drivers/_internal/redis/pubsub/slots.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";
import { startRedis } from "../../../../support/redis/server.ts";

Deno.test("crc16 returns the check value of XMODEM", () => {
  assert.equal(crc16(bytesOf("123456789")), 0x31c3);
});

Deno.test("keySlot equals the server's result", async () => {
  await using server = await startRedis({ config: ["cluster-enabled yes"] });
  for (const key of ["", "D", "größe", "{a}b", "x{a}{b}", "{}a", "a{", "}{", "a{}b{c}", "{a"]) {
    assert.equal(keySlot(bytesOf(key)), Number(await server.cli(["cluster", "keyslot", key])), key);
  }
});
