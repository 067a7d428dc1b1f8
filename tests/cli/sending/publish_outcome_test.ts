import assert from "node:assert/strict";
import {
  hasUncertain,
  isAllCertain,
  type Outcome,
  reportOutcome,
} from "../../../cli/sending/publish_outcome.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

const outcome: Outcome = { published: 1, refused: 2, flushed: true };
const confirmed: Outcome = {
  published: 3,
  refused: 0,
  flushed: true,
  confirmed: 3,
  latenciesMs: [3.00049, 1, 2],
};

function report(
  what: Outcome,
  { isTerminal = false, ...flags }: { isTerminal?: boolean; json?: true; quiet?: boolean } = {},
) {
  const io = new FakeIo({ isTerminal });
  reportOutcome(what, flags, io);
  return { out: io.out.text, err: io.err.text };
}

Deno.test("reportOutcome writes to stderr, and nothing with --quiet", () => {
  assert.deepEqual(report(outcome), { out: "", err: "published 1 event, refused 2\n" });
  assert.deepEqual(report(outcome, { quiet: true }), { out: "", err: "" });
});

Deno.test("reportOutcome prints JSON, with --json", () => {
  const { out } = report(outcome, { json: true });
  assert.deepEqual(JSON.parse(out), outcome);
});

Deno.test("reportOutcome prints latencies as JSON to a pipe and as a line to a terminal", () => {
  assert.deepEqual(JSON.parse(report(confirmed).out), {
    published: 3,
    refused: 0,
    flushed: true,
    confirmed: 3,
    latencyMs: { min: 1, median: 2, max: 3 },
  });
  assert.equal(
    report(confirmed, { isTerminal: true }).out,
    "confirmed 3 events: 1 to 3 ms, median 2 ms\n",
  );
});

Deno.test("reportOutcome reports that no event returned, or that events may be lost", () => {
  const none = { published: 1, refused: 0, flushed: false, confirmed: 0, latenciesMs: [] };
  const { out, err } = report(none);
  assert.equal(JSON.parse(out).latencyMs, null);
  assert.match(err, /some may be lost/);
});

Deno.test("reportOutcome reports nothing uncertain, when nothing was published", () => {
  const nothing = { published: 0, refused: 0, flushed: false };
  const { err } = report(nothing);
  assert(isAllCertain(nothing));
  assert.equal(err, "published 0 events, refused 0\n");
});

const acceptance = {
  sent: 100,
  accepted: 80,
  refused: 3,
  uncertain: 17,
  isAcknowledged: true,
  isInterrupted: true,
};
const uncertain: Outcome = { published: 100, refused: 0, flushed: false, acceptance };

Deno.test("reportOutcome counts accepted, refused and uncertain events, when the service acknowledges", () => {
  const { out, err } = report(uncertain, { json: true });
  assert.match(
    err,
    /^the service accepted 80 and refused 3; 17 are uncertain: the connection was lost$/m,
  );
  assert.deepEqual(JSON.parse(out), {
    published: 100,
    refused: 0,
    flushed: false,
    acknowledged: true,
    accepted: 80,
    refusedByService: 3,
    uncertain: 17,
  });
});

Deno.test("reportOutcome reports uncertain events, with --quiet and when stdout is closed", () => {
  const quiet = report(uncertain, { quiet: true });
  assert.match(quiet.err, /^the service accepted 80 and refused 3; 17 are uncertain/);
  const io = new FakeIo();
  io.out.isClosed = true;
  reportOutcome(uncertain, { json: true }, io);
  assert.match(io.err.text, /17 are uncertain/);
});

Deno.test("reportOutcome writes its line to stderr, when stdout fails", () => {
  const io = new FakeIo();
  const full = new Error("no space");
  io.out.write = () => {
    throw full;
  };
  assert.throws(() => reportOutcome(outcome, { json: true }, io), full);
  assert.equal(io.err.text, "published 1 event, refused 2\n");
});

Deno.test("isAllCertain uses the service's verdicts, or else whether every event was sent", () => {
  const all = { ...acceptance, accepted: 100, refused: 0, uncertain: 0 };
  const silent = { ...acceptance, accepted: 0, refused: 0, uncertain: 100, isAcknowledged: false };
  assert.equal(isAllCertain({ ...uncertain, acceptance: all }), true);
  assert.equal(
    isAllCertain({ ...uncertain, acceptance: all, published: 101, flushed: true }),
    true,
  );
  assert.equal(isAllCertain({ ...uncertain, flushed: true }), false);
  assert.equal(isAllCertain({ ...uncertain, acceptance: silent }), false);
  assert.equal(isAllCertain({ ...uncertain, acceptance: silent, flushed: true }), true);
  assert.deepEqual([hasUncertain(uncertain), hasUncertain(outcome)], [true, false]);
});
