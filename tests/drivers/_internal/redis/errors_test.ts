import assert from "node:assert/strict";
import { wantsNewSession } from "../../../../drivers/_internal/redis/errors.ts";

for (
  const [answer, expected] of [
    ["MOVED 3999 127.0.0.1:6381", true],
    ["READONLY You can't write against a read only replica.", true],
    ["NOAUTH Authentication required.", true],
    ["CLUSTERDOWN The cluster is down", true],
    ["CLUSTERDOWN Hash slot not served", false],
    ["ERR unknown command", false],
    ["OOM command not allowed", false],
  ] as const
) {
  Deno.test(`wantsNewSession is ${expected}, when the server replies "${answer}"`, () => {
    assert.equal(wantsNewSession(new Error(answer)), expected);
  });
}
