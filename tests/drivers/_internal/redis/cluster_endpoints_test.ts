import assert from "node:assert/strict";
import {
  completeRedirection,
  completeSlots,
} from "../../../../drivers/_internal/redis/cluster_endpoints.ts";

Deno.test("completeRedirection inserts the queried host, when a redirection has no host", () => {
  const cases = [
    ["MOVED 3999 :6381", "MOVED 3999 10.0.0.1:6381"],
    ["ASK 3999 :6381", "ASK 3999 10.0.0.1:6381"],
    ["MOVED 3999 ?:6381", "MOVED 3999 10.0.0.1:6381"],
    ["MOVED 3999 node.example:6381", "MOVED 3999 node.example:6381"],
    ["MOVED 3999 2001:db8::1:6381", "MOVED 3999 2001:db8::1:6381"],
    ["READONLY You can't write :6381", "READONLY You can't write :6381"],
  ] as const;
  for (const [message, wanted] of cases) {
    assert.equal(completeRedirection(message, "10.0.0.1"), wanted);
  }
});

Deno.test("completeSlots inserts the queried host or the given address, when an endpoint has no host", () => {
  const range = [
    0,
    16383,
    ["", 7000, "a"],
    [null, 7001, "b", []],
    ["?", 7002, "c", ["ip", "10.0.0.3"]],
    ["node.example", 7003, "d", ["ip", "10.0.0.4"]],
  ];
  const endpoints = (completeSlots(range, "10.0.0.1") as unknown[]).slice(2)
    .map((entry) => (entry as unknown[]).slice(0, 2).join(":"));
  assert.deepEqual(endpoints, [
    "10.0.0.1:7000",
    "10.0.0.1:7001",
    "10.0.0.3:7002",
    "node.example:7003",
  ]);
});
