import assert from "node:assert/strict";
import { hasConsent } from "../../../cli/replay/consent.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

const TERMINAL = {
  size: { columns: 80, rows: 24 },
  setRaw: () => {},
  write: () => Promise.resolve(),
  onResize: () => ({ [Symbol.dispose]: () => {} }),
};

Deno.test("hasConsent asks with the name of the file, and only yes is consent", async () => {
  for (const [answer, expected] of [["y\n", true], ["YES\n", true], ["\n", false], ["", false]]) {
    const io = new FakeIo({ stdin: String(answer), isTerminal: true, terminal: TERMINAL });
    assert.equal(await hasConsent("events.jsonl", io), expected, String(answer));
    assert.match(io.err.text, /^Publish the events of "events\.jsonl" to the network again\?/);
    assert.equal(/nothing was published/.test(io.err.text), !expected);
  }
});

Deno.test("hasConsent refuses without a terminal, and names --yes", async () => {
  await assert.rejects(hasConsent("events.jsonl", new FakeIo()), /add --yes to publish/);
});
