import assert from "node:assert/strict";
import { follow } from "../../../cli/top/follow.ts";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

/** Follows a service with these feeds, one after another. The last one repeats. */
function followed(...feeds: readonly (() => AsyncIterable<string>)[]) {
  const clock = new FakeClock();
  const ended = new AbortController();
  const heard: string[] = [];
  let opened = 0;
  const following = follow({
    open: () => (feeds[Math.min(opened++, feeds.length - 1)] ?? refused)(),
    take: (data) => void heard.push(data),
    lost: (outage) => void heard.push(outage),
    timeoutMs: 3_000,
    clock,
    signal: ended.signal,
  });
  return { clock, ended, heard, following };
}

async function* refused(): AsyncGenerator<string> {
  await Promise.reject(new Error("refused"));
  yield "";
}

async function* saying(...messages: readonly string[]): AsyncGenerator<string> {
  yield* messages;
}

Deno.test("follow opens the feed again when it ends, and reports how long it was without", async () => {
  const { clock, ended, heard, following } = followed(
    () => saying("1"),
    refused,
    () => saying("2"),
  );
  await clock.advance(2_000);
  ended.abort();
  await following;
  assert.deepEqual(heard, [
    "1",
    "NO CONNECTION for 0 s: the service has ended the connection",
    "NO CONNECTION for 1 s: refused",
    "2",
    "NO CONNECTION for 0 s: the service has ended the connection",
  ]);
});

Deno.test("follow gives up, when there is no feed for the timeout", async () => {
  const { clock, following } = followed(() => saying("1"), refused);
  const failed = assert.rejects(following, (error) => {
    assert(error instanceof DriverError && error.code === "NO_PUBLISHER_SERVICE");
    assert.equal(error.message, "Cannot show the service: no connection for 3 s: refused");
    return true;
  });
  await clock.advance(3_000);
  await failed;
});

Deno.test("follow fails at once, when there is no feed at the first attempt", async () => {
  await assert.rejects(
    followed(refused).following,
    /^DriverError: Cannot show the service: refused$/,
  );
});

Deno.test("follow fails with the error of what shows a message, and does not blame the service", async () => {
  const error = new Error("no space left");
  const following = follow({
    open: () => saying("1"),
    take: () => {},
    taken: () => {
      throw error;
    },
    lost: () => {},
    timeoutMs: 0,
    clock: new FakeClock(),
    signal: new AbortController().signal,
  });
  await assert.rejects(following, (thrown) => thrown === error);
});

Deno.test("follow ends the feed, when it receives an invalid message", async () => {
  const following = follow({
    open: () => saying("x"),
    take: () => {
      throw new Error("not a message");
    },
    lost: () => {},
    timeoutMs: 1,
    clock: new FakeClock(),
    signal: new AbortController().signal,
  });
  await assert.rejects(following, /not a message/);
});
