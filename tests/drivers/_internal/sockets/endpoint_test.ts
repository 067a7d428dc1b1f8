import assert from "node:assert/strict";
import {
  bindAddress,
  formatAddress,
  hostAddress,
  parseEndpoint,
  unixAddress,
} from "../../../../drivers/_internal/sockets/endpoint.ts";
import { Kernel } from "../../../../drivers/_internal/sockets/kernel.ts";

Deno.test("parseEndpoint reads hosts, IPv4, IPv6 with a zone, and paths", () => {
  const tcp = (host: string, port: number) => ({ kind: "tcp", host, port, isSecure: false });
  assert.deepEqual(parseEndpoint("tcp://127.0.0.1:8866"), tcp("127.0.0.1", 8866));
  assert.deepEqual(parseEndpoint("tcp://[fe80::1%eth0]:1"), tcp("fe80::1%eth0", 1));
  assert.deepEqual(parseEndpoint("tcp://node-1.example:65535"), tcp("node-1.example", 65_535));
  assert.deepEqual(parseEndpoint("tls://h:1"), { ...tcp("h", 1), isSecure: true });
  assert.deepEqual(parseEndpoint("ipc:///run/socket"), { kind: "ipc", path: "/run/socket" });
});

Deno.test("parseEndpoint refuses an invalid address with an error that contains it", () => {
  const bad = ["", "tcp://", "tcp://h", "tcp://h:0", "tcp://h:65536", "tcp://[]:1"];
  for (
    const address of [...bad, "udp://h:1", "tcp://a b:1", "ipc://", "tcp://h:1 ", "tcp://h:-1"]
  ) {
    assert.throws(() => parseEndpoint(address), {
      code: "ADDRESS_INVALID",
      message:
        `Cannot subscribe to "${address}": wanted tcp://host:port, tls://host:port or ipc:///path`,
    });
  }
});

Deno.test("hostAddress reads IP addresses in every form of the URL standard", async () => {
  using kernel = new Kernel();
  const shown = async (host: string) => formatAddress((await hostAddress(kernel, host, 80)).bytes);
  for (const host of ["::", "::1", "1::", "fe80::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::"]) {
    assert.equal(await shown(host), `${new URL(`http://[${host}]`).hostname}:80`, host);
  }
  assert.equal(await shown("::ffff:1.2.3.4"), "[::ffff:102:304]:80");
  assert.equal(await shown("127.0.0.1"), "127.0.0.1:80");
  const { bytes } = await hostAddress(kernel, "fe80::1%lo", 80);
  assert.equal(new DataView(bytes.buffer).getUint32(24, true), kernel.interfaceIndex("lo"));
  const numbered = await hostAddress(kernel, "fe80::1%7", 80);
  assert.equal(new DataView(numbered.bytes.buffer).getUint32(24, true), 7);
});

Deno.test("bindAddress accepts *, the name of an interface and an address", async () => {
  using kernel = new Kernel();
  const shown = async (host: string) => formatAddress((await bindAddress(kernel, host, 1)).bytes);
  assert.equal(await shown("*"), "0.0.0.0:1");
  assert.equal(await shown("lo"), "127.0.0.1:1");
  assert.equal(await shown("192.0.2.1"), "192.0.2.1:1");
});

Deno.test("hostAddress reports the host, when it does not resolve", async () => {
  using kernel = new Kernel();
  const failure = {
    code: "ADDRESS_INVALID",
    message: /^Host "no-such-host\.invalid": no such host$/,
  };
  await assert.rejects(hostAddress(kernel, "no-such-host.invalid", 1), failure);
});

Deno.test("unixAddress refuses a path that is too long", () => {
  assert.throws(() => unixAddress("/".repeat(108)), /108 bytes, wanted at most 107/);
  assert.equal(unixAddress("/".repeat(107)).bytes.at(-1), 0);
});
