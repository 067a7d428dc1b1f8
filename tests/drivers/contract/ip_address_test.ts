import assert from "node:assert/strict";
import * as net from "node:net";
import { isIPv4, isIPv6 } from "../../../drivers/contract/ip_address.ts";

const TEXTS = [
  ...["127.0.0.1", "0.0.0.0", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4"],
  ...["1.2.3.4 ", "1.2.3.4\n", "1,2,3,4", "0x7f.0.0.1", "", "*", "localhost", "host.example"],
  ...["::", "::1", "fe80::1", "fe80::1%eth0", "fe80::1%", "2001:db8::8a2e:370:7334", "1::2::3"],
  ...["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::12345", "::g", "[::1]"],
  ...["::ffff:127.0.0.1", "::ffff:127.1", "::ffff:1.2.3.256", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4:5"],
  ...[":", ":::", "1:", ":1", "FE80::ABCD", "::1]:80/[", "::1%25eth0", "a", "1"],
];

for (const text of TEXTS) {
  Deno.test(`isIPv4 and isIPv6 classify ${JSON.stringify(text)} as Node does`, () => {
    assert.deepEqual([isIPv4(text), isIPv6(text)], [net.isIPv4(text), net.isIPv6(text)]);
  });
}
