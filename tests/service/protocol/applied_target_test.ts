import assert from "node:assert/strict";
import { appliedTarget, parseAppliedQuery } from "../../../service/protocol/applied_target.ts";
import type { AppliedQuery } from "../../../service/protocol/applied_report.ts";
import { nodesNeeded, parseNodesWanted } from "../../../service/protocol/nodes_wanted.ts";

const QUERY: AppliedQuery = {
  topic: "täglich/&?",
  nodes: { percent: 90 },
  waitMs: 2_000,
  waitedMs: 5,
  ignoreOlderThanMs: 60_000,
  position: undefined,
};

Deno.test("parseAppliedQuery reads the output of appliedTarget, with a position of either kind", () => {
  const topic = QUERY.topic;
  const positions = [
    undefined,
    { topic, position: "1700000000000-3/9/0123456789abcdef0123456789abcdef01234567" },
    { publisher: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f00aa", epoch: 1_700_000_000_000, topic, seq: 9 },
  ];
  for (const position of positions) {
    const [path, query = ""] = appliedTarget({ ...QUERY, position }).split("?");
    assert.equal(path, "/applied");
    assert.deepEqual(parseAppliedQuery(query), { ...QUERY, position });
  }
});

Deno.test("parseAppliedQuery explains an invalid query", () => {
  const wrong = (query: string) => parseAppliedQuery(query);
  assert.match(String(wrong("")), /"topic"/);
  assert.match(String(wrong("topic=D&nodes=0")), /"nodes"/);
  for (const name of ["waitMs", "waitedMs", "ignoreOlderThanMs"]) {
    assert.match(String(wrong(`topic=D&${name}=-1`)), /^"waitMs", "waitedMs" and/);
  }
  assert.match(String(wrong("topic=D&publisher=p&seq=1e3&epoch=1")), /"epoch" and "seq"/);
  assert.match(String(wrong("topic=D&publisher=p&seq=1&epoch=")), /"epoch" and "seq"/);
});

Deno.test("parseNodesWanted accepts all, a number and a percentage, and nothing else", () => {
  const needed = (text: string) => {
    const wanted = parseNodesWanted(text);
    return wanted === undefined ? undefined : nodesNeeded(wanted, 7);
  };
  assert.deepEqual(["all", "3", "50%", "100%", "1%"].map(needed), [7, 3, 4, 7, 1]);
  assert.deepEqual(
    ["", "0", "0%", "101%", "-1", "some", "1.5"].map(needed),
    Array(7).fill(undefined),
  );
});
