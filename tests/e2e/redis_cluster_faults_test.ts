import assert from "node:assert/strict";
import { streamKey } from "../../drivers/_internal/redis/stream/topic.ts";
import { untilListed } from "../support/publisher_list.ts";
import { startCluster } from "../support/redis/cluster.ts";
import { redisDeployment, serveOnBroker, STREAMS } from "../support/redis/deployment.ts";
import { assertSumCloses, ProgramFlow } from "../support/redis/program_flow.ts";

Deno.test("streams lose nothing and channels lose nothing silently, after kill -9 of a master in a cluster", async () => {
  await using cluster = await startCluster();
  await using channels = await redisDeployment(cluster, { "df.publisher_timeout": 3 });
  await using streams = await redisDeployment(cluster, STREAMS);
  await using service = await serveOnBroker(channels);
  await using forgetful = await ProgramFlow.start(channels);
  await using remembering = await ProgramFlow.start(streams);
  await cluster.killMasterOf(streamKey("D"));
  await remembering.recovered(2);
  await cluster.settled();
  await forgetful.flowing();
  const [over, kept] = await Promise.all([forgetful.sum(), remembering.sum()]);
  assertSumCloses("Cluster, channels", over);
  assertSumCloses("Cluster, streams", kept);
  assert.equal(over.syncs, over.interruptions);
  assert.equal(kept.announced, 0);
  const rows = await untilListed(channels, ([first]) => first?.["state"] === "alive");
  assert.equal(rows.length, 1, JSON.stringify(rows));
  const { code, stderr } = await service.stop();
  assert.equal(code, 0, stderr);
});
