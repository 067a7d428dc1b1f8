import assert from "node:assert/strict";
import type { InputItem } from "../../../cli/sending/input_item.ts";
import { PublishRun } from "../../../cli/sending/publish_run.ts";
import { Progress } from "../../../cli/terminal/progress.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { Publisher, publisherOptions } from "../../../service/publish/publisher.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";
import { testSettings } from "../../support/test_settings.ts";

const EVENT = dbUpdate({ table: null, key: null, action: "log" });

/** Publishes an event, and then `rest`, before which a signal comes. */
async function interruptBefore(...rest: readonly InputItem[]) {
  const io = new FakeIo();
  const [settings, log] = [testSettings(), silentLogger];
  const driver = createMemoryDriver({ settings, log });
  await using publisher = new Publisher(await driver.openPublisher(), publisherOptions(settings));
  const run = new PublishRun({
    ...{ io, log, publisher, confirmation: undefined, openGroup: undefined, window: 1 },
    isToService: false,
    progress: new Progress(io.err, true),
    input: "standard input",
    signal: io.interrupted,
  });
  async function* items(): AsyncIterable<Iterable<InputItem>> {
    yield await Promise.resolve([{ update: EVENT, line: 1 }]);
    io.interrupt();
    for (const item of rest) yield [item];
  }
  await run.publishAll(items(), undefined);
  const code = await run.finish({ stdin: true, quiet: true }, () => 1_000);
  return { code, err: io.err.text };
}

Deno.test("PublishRun says that a signal came before the end of the input, when an event is left", async () => {
  const cut = { code: 1, err: "interrupted before the end of standard input\n" };
  const bad = { problem: "not JSON", line: 2 };
  const event = { update: EVENT, line: 3 };
  assert.deepEqual(await interruptBefore(event), cut);
  assert.deepEqual(await interruptBefore(bad, event), cut);
  assert.deepEqual(await interruptBefore(bad), { code: 0, err: "" });
  assert.deepEqual(await interruptBefore(), { code: 0, err: "" });
});
