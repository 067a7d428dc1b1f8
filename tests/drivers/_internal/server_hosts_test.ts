import assert from "node:assert/strict";
import { Reason } from "../../../drivers/_internal/reason.ts";
import { formatServerHost, parseServerHosts } from "../../../drivers/_internal/server_hosts.ts";

const syntax = {
  option: "remote_db_hosts",
  schemes: ["redis", "rediss"],
  defaultPort: 6379,
} as const;

Deno.test("parseServerHosts reads every spelling of an address", () => {
  const texts = ["a.example:1", "[::1]:2", "redis://b:3", "rediss://[fe80::1]:4/", "c"];
  const { hosts, tls } = parseServerHosts(texts, syntax);
  const formatted = ["a.example:1", "[::1]:2", "b:3", "[fe80::1]:4", "c:6379"];
  assert.deepEqual(hosts.map(formatServerHost), formatted);
  assert.equal(tls, true);
  assert.equal(parseServerHosts(["redis://b:3"], syntax).tls, false);
});

Deno.test("parseServerHosts refuses a text that is not an address, and repeats no login", () => {
  const refuse = (text: string, reason: RegExp) =>
    assert.throws(() => parseServerHosts([text], syntax), (thrown) => {
      assert(thrown instanceof Reason);
      assert.match(thrown.message, reason);
      assert(!thrown.message.includes("hunter2"));
      return true;
    });
  for (const text of ["", "a:0", "a:65536", "a:b", "http://a:1", "a:1:2"]) refuse(text, /wanted/);
  refuse("redis://user:hunter2@a:1", /username and password in their own options/);
  assert.throws(() => parseServerHosts([], syntax), /is empty, wanted host:port/);
});
