import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventLines, printedEvents } from "../support/events.ts";

const EVENTS = 40_000;

function relayedBy(stderr: string): number {
  return Number(/^stopped: (\d+) events relayed, 0 refused$/m.exec(stderr)?.[1]);
}

/** The keys of {@linkcode eventLines}, from the first on. */
function keys(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `p${n}`);
}

Deno.test("serve sends every event of a finished publisher, when SIGTERM follows", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  const published = await deployment.runHere(["publish", "--stdin", "--json"], eventLines(EVENTS));
  assert.deepEqual(JSON.parse(published.stdout), {
    published: EVENTS,
    refused: 0,
    flushed: true,
    acknowledged: true,
    accepted: EVENTS,
    refusedByService: 0,
    uncertain: 0,
  });
  const { code, stderr } = await service.program.stop();
  assert.equal(code, 0, stderr);
  assert.equal(relayedBy(stderr), EVENTS);
  await subscriber.stdout.waitForLines(EVENTS);
  const { stdout } = await subscriber.stop();
  assert.deepEqual(printedEvents(stdout.trim().split("\n")).map(({ key }) => key), keys(EVENTS));
});

Deno.test("serve sends every accepted event, when SIGTERM arrives in the middle", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  await using publisher = deployment.start(["publish", "--stdin", "--json", "--timeout", "0.5"]);
  const writing = publisher.write(eventLines(10 * EVENTS)).then(() => publisher.endInput());
  await subscriber.stdout.waitForLines(1_000);
  const { code, stderr } = await service.program.stop();
  assert.equal(code, 0, stderr);
  const relayed = relayedBy(stderr);
  assert(relayed >= 1_000 && relayed < 10 * EVENTS, `${relayed} relayed is not the middle`);
  const result = await publisher.result();
  await writing;
  assert.notEqual(result.code, 0, result.stderr);
  const { accepted, uncertain, flushed } = JSON.parse(result.stdout);
  const counts = `${accepted} accepted, ${uncertain} uncertain, ${relayed} relayed`;
  assert(accepted <= relayed && relayed <= accepted + uncertain, counts);
  // Without uncertain events, some may not have been sent.
  assert(!flushed || uncertain === 0, "it must not report unknown outcomes as accepted");
  await subscriber.stdout.waitForLines(relayed);
  const { stdout } = await subscriber.stop();
  assert.deepEqual(printedEvents(stdout.trim().split("\n")).map(({ key }) => key), keys(relayed));
});
