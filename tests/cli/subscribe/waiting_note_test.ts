import assert from "node:assert/strict";
import { WaitingNote } from "../../../cli/subscribe/waiting_note.ts";
import { createMessages, type Messages } from "../../../cli/terminal/log.ts";
import { FakeOutput } from "../../support/fakes/fake_io.ts";

/** Resolves with the first text that is written. */
class FirstWrite extends FakeOutput {
  readonly #written = Promise.withResolvers<string>();
  readonly first = this.#written.promise;

  override write(text: string): void {
    super.write(text);
    this.#written.resolve(text);
  }
}

const SOURCES = { place: "sqlite at /nb.sqlite3", configSource: "/etc/a.ini" };

function talkTo(output: FakeOutput): Messages {
  return createMessages(output, { level: "warn", colour: false });
}

Deno.test("WaitingNote lists the publishers that it waits for, after its delay", async () => {
  const output = new FirstWrite();
  using note = new WaitingNote(talkTo(output));
  note.begin(() => ["tcp://192.0.2.1:8866", "tcp://192.0.2.2:8866"], SOURCES, 1);
  const wanted =
    "waiting for tcp://192.0.2.1:8866, tcp://192.0.2.2:8866 (configuration: /etc/a.ini)\n";
  assert.equal(await output.first, `no publisher is live yet: ${wanted}`);
});

Deno.test("WaitingNote reports where publishers are searched, when none is known", async () => {
  const output = new FirstWrite();
  using note = new WaitingNote(talkTo(output));
  note.begin(() => [], SOURCES, 1);
  assert.equal(
    await output.first,
    "no publisher is known yet: waiting for one in the publishers table of sqlite at " +
      "/nb.sqlite3, see df-pubsub publishers list (configuration: /etc/a.ini)\n",
  );
});

// The sanitizers report a timer that is left.
Deno.test("WaitingNote writes nothing, when a publisher was live before or during the delay", () => {
  const output = new FakeOutput();
  for (const isLiveBefore of [true, false]) {
    const note = new WaitingNote(talkTo(output));
    if (isLiveBefore) note[Symbol.dispose]();
    note.begin(() => [], SOURCES, 0);
    note[Symbol.dispose]();
  }
  assert.equal(output.text, "");
});
