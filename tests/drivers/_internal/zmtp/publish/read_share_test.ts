import assert from "node:assert/strict";
import { nextTurn } from "../../../../../drivers/contract/next_turn.ts";
import { Incoming } from "../../../../../drivers/_internal/zmtp/incoming.ts";
import { ReadShare } from "../../../../../drivers/_internal/zmtp/publish/read_share.ts";
import { PassingTime } from "../../../../support/fakes/passing_time.ts";
import * as wire from "../../../../../drivers/_internal/zmtp/wire.ts";

const MAX_COMMAND_BYTES = 4_096;
const little = { sendsLittle: true };
const much = { sendsLittle: false };

Deno.test("ReadShare has room for the rest of the largest command, wherever it is cut", () => {
  using _time = new PassingTime();
  const command = wire.command("X", new Uint8Array(MAX_COMMAND_BYTES - 2));
  for (const cut of [1, 4_000, 4_090, command.length - 1]) {
    let commands = 0;
    const refuse = (reason: string) => assert.fail(reason);
    const incoming = new Incoming({
      isClosed: false,
      onPair: () => assert.fail("a message"),
      onSingle: () => assert.fail("a message"),
      onDrop: refuse,
      refuse,
      onCommand: ({ length }) => void (commands += length),
    }, { maxFrameBytes: 1_024 });
    const share = new ReadShare({ turn: 0 });
    for (const part of [command.subarray(0, cut), command.subarray(cut)]) {
      const room = incoming.room(() => share.buffer(little));
      assert(room !== undefined && room.length >= part.length, `${room?.length} bytes of room`);
      room.set(part);
      incoming.take(part.length);
    }
    assert.equal(commands, MAX_COMMAND_BYTES, `cut at ${cut}`);
  }
});

Deno.test("ReadShare gives memory again in the next turn of the process, when the loop has none", async () => {
  using time = new PassingTime();
  const share = new ReadShare({ turn: 1 });
  assert(share.buffer(much));
  time.now += 1;
  assert.equal(share.buffer(much), undefined);
  await nextTurn();
  assert(share.buffer(much));
});

Deno.test("ReadShare gives memory for 1 ms per turn, and for 2 ms to those that send little", () => {
  using time = new PassingTime();
  const loop = { turn: 1 };
  const share = new ReadShare(loop);
  const hasRoom = (whom: typeof much) => share.buffer(whom) !== undefined;
  for (; loop.turn <= 2; loop.turn++) {
    assert(hasRoom(much));
    time.now += 0.5;
    assert(hasRoom(much));
    time.now += 0.5;
    assert(!hasRoom(much));
    assert(hasRoom(little));
    time.now += 1;
    assert(!hasRoom(little));
  }
});
