import assert from "node:assert/strict";
import type { FrameRecorder, RecordedPart } from "../../../../drivers/contract/recorder.ts";
import { nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { publisherWithoutSockets, SubscriberEnd } from "../../../support/subscriber_end.ts";

Deno.test("PastReader answers a topic that was dropped and wanted again, when another subscriber has left it", async () => {
  const { promise: held, resolve: goOn } = Promise.withResolvers<readonly RecordedPart[]>();
  const recorder = {
    appendMessages() {},
    async *read(): AsyncGenerator<RecordedPart> {
      yield* await held;
    },
  } as unknown as FrameRecorder;
  const { peers, publish } = publisherWithoutSockets({}, { recorder });
  const [one, other] = [new SubscriberEnd(peers), new SubscriberEnd(peers)];
  one.back("T", 100);
  await nextTurn();
  other.want("T");
  other.drop("T");
  one.drop("T");
  assert.deepEqual(await one.takeItems(), ["T live 1"], "the answer to the first");
  one.back("T", 100);
  goOn([]);
  await peers.past.settled();
  publish("T", "1");
  assert.deepEqual(await one.takeItems(), ["T past 1 0", "T live 1", "T|1"]);
});

Deno.test("PastReader sends as many events as wanted, when the log gets them before the recorder is read", async () => {
  const recorder = {
    appendMessages() {},
    read: () => ReadableStream.from([]),
  } as unknown as FrameRecorder;
  const { peers, publish } = publisherWithoutSockets({}, { recorder });
  const subscriber = new SubscriberEnd(peers);
  publish("D", "1");
  subscriber.back("D", 2);
  for (const text of ["2", "3", "4"]) publish("D", text);
  await peers.past.settled();
  assert.deepEqual(await subscriber.takeItems(), ["D past 5 2", "D live 3", "D|3", "D|4"]);
});
