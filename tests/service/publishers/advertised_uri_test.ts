import assert from "node:assert/strict";
import { advertisedUri, hostOf, portOf } from "../../../service/publishers/advertised_uri.ts";

function advertise(bindAddress: string, managementIp?: string, boundAddress?: string) {
  const own = { managementIp: managementIp ?? "192.0.2.7", boundAddress };
  return advertisedUri({ transport: "tcp", bindAddress, port: 8866, ...own });
}

const NOBODY_ELSE_CAN_USE = [
  "*",
  "127.0.0.1",
  "0.0.0.0",
  "::",
  "::1",
  "[::]",
  "[::1]",
  "0:0:0:0:0:0:0:0",
  " * ",
];

for (const bindAddress of NOBODY_ELSE_CAN_USE) {
  Deno.test(`advertisedUri uses management_ip, when bound to "${bindAddress}"`, () => {
    assert.deepEqual(advertise(bindAddress), {
      uri: "tcp://192.0.2.7:8866",
      isLoopback: false,
      option: "management_ip",
    });
  });
}

Deno.test("advertisedUri uses the bind address, when it is a specific address", () => {
  assert.deepEqual(advertise("10.0.0.1"), {
    uri: "tcp://10.0.0.1:8866",
    isLoopback: false,
    option: "publisher_bind_address",
  });
  assert.equal(advertise("controller.example.com").uri, "tcp://controller.example.com:8866");
});

Deno.test("advertisedUri adds brackets to IPv6, when it has none", () => {
  assert.equal(advertise("2001:db8::1").uri, "tcp://[2001:db8::1]:8866");
  assert.equal(advertise("[2001:db8::1]").uri, "tcp://[2001:db8::1]:8866");
  assert.equal(advertise("*", "2001:DB8:0::2").uri, "tcp://[2001:db8::2]:8866");
  assert.equal(advertise("fe80::1%eth0").uri, "tcp://[fe80::1%eth0]:8866");
});

for (
  const managementIp of [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "localhost",
    "a.localhost",
    "0.0.0.0",
    "::",
    "*",
  ]
) {
  Deno.test(`advertisedUri reports that only this host can connect, when management_ip is "${managementIp}"`, () => {
    assert.equal(advertise("*", managementIp).isLoopback, true);
  });
}

Deno.test("advertisedUri does not count an address as a loopback, when it only looks like one", () => {
  for (const host of ["12.70.0.1", "127.example.com", "mylocalhost", "::ffff:8.8.8.8"]) {
    assert.equal(advertise(host).isLoopback, false, host);
  }
});

Deno.test("advertisedUri uses the bound port", () => {
  const uri = advertisedUri({ transport: "tcp", bindAddress: "*", port: 40123, managementIp: "h" })
    .uri;
  assert.equal(uri, "tcp://h:40123");
});

Deno.test("advertisedUri uses the address of an interface, when bound to the interface by its name", () => {
  assert.equal(advertise("eth0", "192.0.2.7", "tcp://10.0.0.1:8866").uri, "tcp://10.0.0.1:8866");
  assert.equal(advertise("lo", "192.0.2.7", "tcp://127.0.0.1:8866").uri, "tcp://127.0.0.1:8866");
  assert.equal(advertise("lo", "192.0.2.7", "tcp://127.0.0.1:8866").isLoopback, true);
  assert.equal(advertise("eth0", "h", "tcp://[fe80::1]:8866").uri, "tcp://[fe80::1]:8866");
  assert.equal(
    advertise("controller.example.com", "h", "tcp://10.0.0.1:8866").uri,
    "tcp://10.0.0.1:8866",
  );
});

Deno.test("hostOf returns the host of an address without brackets, or undefined", () => {
  assert.equal(hostOf("tcp://0.0.0.0:8866"), "0.0.0.0");
  assert.equal(hostOf("tcp://[0:0::1]:8866"), "::1");
  assert.equal(hostOf("tcp://[fe80::1%eth0]:8866"), "fe80::1%eth0");
  assert.equal(hostOf("ipc:///var/run/socket"), undefined);
});

Deno.test("portOf returns the port at the end of an address, or undefined", () => {
  assert.equal(portOf("tcp://0.0.0.0:8866"), 8866);
  assert.equal(portOf("tcp://[::]:40123"), 40123);
  assert.equal(portOf("ipc:///var/run/socket"), undefined);
  assert.equal(portOf("tcp://*:*"), undefined);
});
