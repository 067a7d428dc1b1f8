import assert from "node:assert/strict";
import { configuredPublisherUris } from "../../../service/publishers/publisher_uris.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";

async function urisOf(overrides: Readonly<Record<string, string>>): Promise<string[]> {
  return configuredPublisherUris(await effectiveSettings(overrides));
}

Deno.test("configuredPublisherUris is this host's own publisher, by default", async () => {
  assert.deepEqual(await urisOf({ "df.local_ip": "192.0.2.7" }), ["tcp://192.0.2.7:8866"]);
});

Deno.test("configuredPublisherUris gives each address the configured port", async () => {
  assert.deepEqual(
    await urisOf({ "df.publishers_ips": "192.0.2.1, ctl.example.com", "df.publisher_port": "9" }),
    ["tcp://192.0.2.1:9", "tcp://ctl.example.com:9"],
  );
});

Deno.test("configuredPublisherUris adds brackets to IPv6, when it has none", async () => {
  assert.deepEqual(
    await urisOf({ "df.publishers_ips": "2001:db8::1,[2001:db8::2]" }),
    ["tcp://[2001:db8::1]:8866", "tcp://[2001:db8::2]:8866"],
  );
});

Deno.test("configuredPublisherUris is empty, when no address or no fixed port is given", async () => {
  assert.deepEqual(await urisOf({ "df.publishers_ips": "" }), []);
  assert.deepEqual(await urisOf({ "df.publisher_port": "0" }), []);
});

Deno.test("publishers_ips is refused, when a host has a port, a scheme or a blank", async () => {
  for (const value of ["192.0.2.1:8866", "ctl:8866", "tcp://192.0.2.1", "a b", "a,,b"]) {
    await assert.rejects(urisOf({ "df.publishers_ips": value }), {
      name: "ConfigError",
      message: /wanted IP addresses or host names without ports/,
    });
  }
});
