import assert from "node:assert/strict";
import { remoteDbHosts } from "../../../drivers/contract/options.ts";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { formatServerHost, readServerHosts } from "../../../drivers/_internal/server_hosts.ts";
import { testSettings } from "../../support/test_settings.ts";

function read(text: string) {
  return readServerHosts(testSettings({ "df.remote_db_hosts": text }), {
    option: remoteDbHosts,
    schemes: ["redis", "rediss"],
    defaultPort: 6379,
  });
}

Deno.test("readServerHosts reads every spelling of an address", () => {
  const { hosts, tls } = read("a.example:1, [::1]:2, redis://b:3, rediss://[fe80::1]:4/, c");
  const formatted = ["a.example:1", "[::1]:2", "b:3", "[fe80::1]:4", "c:6379"];
  assert.deepEqual(hosts.map(formatServerHost), formatted);
  assert.equal(tls, true);
  assert.equal(read("redis://b:3").tls, false);
});

Deno.test("readServerHosts refuses a text that is not an address, and repeats no login", () => {
  const refuse = (text: string, reason: RegExp) =>
    assert.throws(() => read(text), (thrown) => {
      assert(thrown instanceof DriverError && thrown.code === "CONFIG_INVALID");
      assert.match(thrown.message, reason);
      assert(!thrown.message.includes("hunter2"));
      return true;
    });
  for (const text of [",a:1", "a:0", "a:65536", "a:b", "http://a:1", "a:1:2"]) {
    refuse(text, /wanted/);
  }
  refuse("redis://user:hunter2@a:1", /username and password in their own options/);
  refuse("", /^\[df\] remote_db_hosts: empty, wanted host:port$/);
});
