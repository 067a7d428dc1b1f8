import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { AcceptedCounts } from "../../../service/acceptance/accepted_counts.ts";
import {
  decodeAcceptanceAnswer,
  encodeAcceptanceRequest,
} from "../../../service/protocol/acceptance_protocol.ts";
import { acceptanceHandler } from "../../../service/acceptance/acceptance_responder.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const SERVICE = 5;

function desk() {
  const counts = new AcceptedCounts();
  const clock = new FakeClock();
  const handler = acceptanceHandler({ counts, service: SERVICE, clock });
  const publisher = randomUUID();
  const octets = new TextEncoder().encode(publisher);
  const accept = () => counts.note(octets, 0, octets.length, true);
  const ask = (wanted: number, waitMs: number) =>
    handler(encodeAcceptanceRequest({ publisher, wanted, waitMs })).then((answer) => {
      assert(answer !== undefined);
      return decodeAcceptanceAnswer(answer);
    });
  return { counts, clock, handler, accept, ask };
}

Deno.test("acceptanceHandler answers at once, when nothing is waited for or it is there", async () => {
  const { clock, accept, ask } = desk();
  accept();
  const one = { service: SERVICE, accepted: 1, refused: 0, count: 1 };
  assert.deepEqual([await ask(0, 1_000), await ask(1, 1_000), await ask(9, 0)], [one, one, one]);
  assert.equal(clock.sleepers, 0);
});

Deno.test("acceptanceHandler waits until there are enough, or the time is over", async () => {
  const { clock, accept, ask } = desk();
  const two = ask(2, 1_000);
  const three = ask(3, 1_000);
  await clock.advance(999);
  accept();
  accept();
  assert.equal((await two).accepted, 2);
  await clock.settle();
  assert.equal(clock.sleepers, 1);
  await clock.advance(1);
  assert.equal((await three).accepted, 2);
  assert.equal(clock.sleepers, 0);
});

Deno.test("acceptanceHandler answers with what is known, when nothing more will come", async () => {
  const { counts, clock, accept, ask } = desk();
  const waiting = ask(2, 1_000);
  await clock.settle();
  accept();
  counts.complete();
  assert.equal((await waiting).accepted, 1);
  assert.equal((await ask(2, 1_000)).accepted, 1);
});

Deno.test("acceptanceHandler leaves what is no request without an answer", async () => {
  const { handler } = desk();
  assert.equal(await handler(new TextEncoder().encode("what?")), undefined);
});
