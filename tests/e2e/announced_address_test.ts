import assert from "node:assert/strict";
import { Deployment, type Overrides } from "../support/deployment.ts";

interface Seen {
  readonly uri: string;
  readonly page: string;
  /** The announced address in the output of `check`. */
  readonly check: string;
}

/** The address that a service with this configuration announces, and its state. */
async function seen(overrides: Overrides): Promise<Seen> {
  await using deployment = await Deployment.create(overrides);
  await using service = await deployment.serve();
  const url = /^health at (\S+)$/m.exec(service.program.stderr.text)?.[1];
  assert(url !== undefined);
  const page = await (await fetch(`${url}/readyz`)).text();
  const check = await deployment.runHere(["check", "--url", url, "--output", "text"]);
  const list = await deployment.runHere(["publishers", "list", "--json"]);
  return { uri: JSON.parse(list.stdout).uri, page, check: check.stdout };
}

Deno.test("serve announces management_ip and not local_ip, when both are set", async () => {
  const { uri } = await seen({ "df.management_ip": "127.0.0.2", "df.local_ip": "192.0.2.7" });
  assert.match(uri, /^tcp:\/\/127\.0\.0\.2:\d+$/);
});

Deno.test("serve announces the address of the interface in publisher_bind_address", async () => {
  const { uri, page } = await seen({
    "df.publisher_bind_address": "lo",
    "df.local_ip": "192.0.2.7",
  });
  assert.match(uri, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  assert.match(page, /^ready\n[^]*^announced: ok: tcp:\/\/127\.0\.0\.1:\d+$/m);
});

Deno.test("serve is not ready, when it listens on a loopback and announces another address", async () => {
  const { uri, page, check } = await seen({
    "df.publisher_bind_address": "127.0.0.1",
    "df.management_ip": "192.0.2.7",
  });
  assert.match(uri, /^tcp:\/\/192\.0\.2\.7:\d+$/);
  assert.match(page, /^not ready\n[^]*^announced: failed: .* listens on 127\.0\.0\.1 only: set /m);
  assert.match(check, /^service: critical: not ready: announced: .*publisher_bind_address/);
});

Deno.test("serve is not ready, when the announced name does not resolve", async () => {
  const { page } = await seen({ "df.management_ip": "nobody.invalid" });
  assert.match(page, /^announced: failed: .*"nobody\.invalid" does not resolve: set \[df\] mana/m);
});

Deno.test("serve is ready and warns, when the announced address does not belong to this host", async () => {
  const { page, check } = await seen({ "df.local_ip": "192.0.2.7" });
  assert.match(page, /^ready\n[^]*^announced: warning: .*this host does not have the address/m);
  assert.match(
    check,
    /^service: warning: ready, but announced: .*this host does not have the address/,
  );
});
