import assert from "node:assert/strict";
import type { PeerRow } from "../../cli/peers/peer_row.ts";
import type { AppliedReport } from "../../service/protocol/applied_report.ts";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { jsonLines } from "../support/lines.ts";
import { startNode } from "../support/python_node.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set", "--value", "v"];

function named(name: string) {
  return { "df_zmq.node_name": name };
}

Deno.test("publish --wait-nodes names a frozen node as stuck and exits 5, and wait exits 0 after it resumes", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using _one = await deployment.subscribeHere([], named("node-1"));
  await using _two = await deployment.subscribeHere([], named("node-2"));
  await using frozen = await deployment.subscribe([], named("node-3"));
  const all = await deployment.run([...EVENT, "--wait-nodes", "all", "--timeout", "10"]);
  assert.deepEqual([all.code, /applied by 3 of 3 nodes/.test(all.stderr)], [0, true], all.stderr);
  frozen.kill("SIGSTOP");
  const late = await deployment.runHere([...EVENT, "--wait-nodes", "all", "--timeout", "3"]);
  assert.equal(late.code, 5, late.stderr);
  assert.match(late.stderr, /applied by 2 of 3 nodes/);
  assert.match(late.stderr, /^node-3 \(.*\) is stuck: 1 event behind/m);
  const [report] = jsonLines<AppliedReport>(late.stdout);
  assert.deepEqual(report?.stragglers.map(({ node, state }) => [node, state]), [
    ["node-3", "stuck"],
  ]);
  const most = await deployment.runHere([...EVENT, "--wait-nodes", "60%", "--timeout", "10"]);
  assert.equal(most.code, 0, most.stderr);
  frozen.kill("SIGCONT");
  const unknown = await deployment.runHere(["wait", "-t", "tenat", "--timeout", "20"]);
  assert.equal(unknown.code, 0);
  assert.match(unknown.stderr, /--topic "tenat": no event of this topic has been published/);
  const wait = await deployment.run(["wait", "--timeout", "20"]);
  assert.deepEqual(
    [wait.code, /applied by 3 of 3 nodes/.test(wait.stderr)],
    [0, true],
    wait.stderr,
  );
});

Deno.test("wait names a killed node as gone, and ignores it after a long time", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using _one = await deployment.subscribeHere([], named("node-1"));
  await using dead = await deployment.subscribe([], named("node-2"));
  await using left = await deployment.subscribeHere([], named("node-3"));
  // Each has reported what it has applied.
  const peers = () => deployment.runHere(["peers", "--json"]);
  await eventually(peers, ({ stdout }) => {
    return jsonLines<PeerRow>(stdout).every(({ lagEvents }) => lagEvents === 0);
  });
  await Promise.all([dead.stop("SIGKILL"), left.stop()]);
  assert.equal((await deployment.runHere(EVENT)).code, 0);
  const wait = await deployment.run(["wait", "--timeout", "1"]);
  assert.equal(wait.code, 5);
  assert.match(wait.stderr, /applied by 1 of 2 nodes/);
  assert.match(wait.stderr, /^node-2 .* is gone: 1 event behind, disconnected since 20/m);
  assert(!wait.stderr.includes("node-3"), "it has ended its subscriptions");
  const ignoring = await deployment.runHere([
    "wait",
    "--timeout",
    "1",
    "--ignore-older-than",
    "0.5",
  ]);
  assert.equal(ignoring.code, 0, ignoring.stderr);
  assert.match(ignoring.stderr, /^node-2 .* is gone: .*, so it does not count/m);
});

Deno.test("peers lists the subscribers of every publisher, including nodes of the original and disconnected ones", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using second = await deployment.serve({
    "df.publisher_id_name": "controller-2",
    "df.publisher_multiproc_socket": deployment.path("second"),
  });
  await using _one = await deployment.subscribeHere(["--topic", "t"], named("node-1"));
  await using _original = await startNode(deployment, service);
  const rows = async () => {
    const { code, stdout, stderr } = await deployment.runHere(["peers", "--json"]);
    assert.equal(code, 0, stderr);
    return jsonLines<PeerRow>(stdout);
  };
  await using dead = await deployment.subscribe([], named("node-2"));
  // It is live at one publisher.
  const isThere = ({ node, topicCount }: PeerRow) => node === "node-2" && topicCount !== 0;
  await eventually(rows, (all) => all.filter(isThere).length === 2);
  await dead.stop("SIGKILL");
  const gone = (all: readonly PeerRow[]) => all.filter(({ goneSince }) => goneSince !== null);
  const listed = await eventually(
    rows,
    (all) => all.some(({ lagEvents }) => lagEvents === 0) && gone(all).length === 2,
  );
  const of = (name: string | null) => listed.filter(({ node }) => node === name);
  assert.deepEqual(of("node-1").map(({ topics, goneSince }) => [topics, goneSince]), [
    [["D", "t"], null],
    [["D", "t"], null],
  ]);
  assert.equal(new Set(of("node-1").map(({ publisher }) => publisher)).size, 2);
  assert.deepEqual(gone(listed).map(({ node }) => node), ["node-2", "node-2"]);
  const [original] = of(null).filter(({ goneSince }) => goneSince === null);
  assert.deepEqual([original?.version, original?.lagEvents, original?.skipped], [null, null, 0]);
  const behind = await deployment.run(["peers", "--json", "--behind", "--url", urlOf(second)]);
  assert.deepEqual(jsonLines<PeerRow>(behind.stdout).map(({ node }) => node), ["node-2"]);
});

function urlOf({ program }: { readonly program: { readonly stderr: { readonly text: string } } }) {
  return /^health at (\S+)$/m.exec(program.stderr.text)?.[1] ?? "";
}
