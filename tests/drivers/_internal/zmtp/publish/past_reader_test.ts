import assert from "node:assert/strict";
import type {
  FrameRecorder,
  RecordedPart,
  RecorderReadOptions,
} from "../../../../../drivers/contract/recorder.ts";
import { nextTurn } from "../../../../../drivers/contract/next_turn.ts";
import { eventually } from "../../../../support/eventually.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";
import { publisherWithoutSockets, SubscriberEnd } from "../../../../support/zmq/subscriber_end.ts";

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

Deno.test("PastReader goes on in the log, when the recorder lacks a frame that the log has", async () => {
  const recorder = {
    appendMessages() {},
    read: ({ newestFirst }: RecorderReadOptions) => {
      const blocks = [block("a", undefined, "earlier"), block("b", 0, "0"), block("d", 2, "2")];
      return ReadableStream.from(newestFirst ? blocks.toReversed() : blocks);
    },
  } as unknown as FrameRecorder;
  const { peers, publish } = publisherWithoutSockets({}, { recorder });
  const subscriber = new SubscriberEnd(peers);
  for (const text of ["0", "1", "2", "3"]) publish("D", text);
  subscriber.back("D", 100);
  await peers.past.settled();
  assert.deepEqual(await subscriber.takeItems(), [
    ...["D past 5 5", "D|earlier", "D|0"],
    ...["D live 2", "D|1", "D|2", "D|3"],
  ]);
});

/** A block with one frame of the topic D. */
function block(place: string, index: number | undefined, text: string): RecordedPart {
  const frame = { topic: "D", payload: bytesOf(text) };
  const times = { from: 0, until: Infinity };
  return {
    kind: "block",
    place,
    index,
    ...times,
    events: 1,
    bytes: frame.payload,
    frames: () => [frame],
  };
}

Deno.test("PastReader reads once at a time for a subscriber, when it leaves all topics and wants others", async () => {
  const reads: PromiseWithResolvers<void>[] = [];
  const recorder = {
    appendMessages() {},
    // deno-lint-ignore require-yield
    async *read() {
      reads.push(Promise.withResolvers());
      await reads.at(-1)?.promise;
    },
  } as unknown as FrameRecorder;
  const begun = (count: number) => eventually(() => reads.length, (found) => found === count);
  const { peers } = publisherWithoutSockets({}, { recorder });
  const subscriber = new SubscriberEnd(peers);
  subscriber.back("A", 100);
  await begun(1);
  subscriber.drop("");
  subscriber.back("B", 100);
  await begun(2);
  reads[0]?.resolve();
  await nextTurn();
  subscriber.back("C", 100);
  for (let turns = 0; turns < 10; turns++) await nextTurn();
  assert.equal(reads.length, 2, "C waits until B was read");
  reads[1]?.resolve();
  await begun(3);
  reads[2]?.resolve();
  await peers.past.settled();
  assert.deepEqual(await subscriber.takeItems(), [
    ...["B past 1 0", "B live 1"],
    ...["C past 1 0", "C live 1"],
  ]);
});
