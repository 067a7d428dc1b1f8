import assert from "node:assert/strict";
import { notesOf } from "../../../cli/bench/bench_notes.ts";
import { Arrivals } from "../../../cli/bench/load/arrivals.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { LOAD_TABLE } from "../../../cli/bench/load/load_event.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

/** Arrivals of these numbers, each sent the given number of microseconds ago. */
function arrived(numbers: readonly number[], ageMicros = 100, phase = "m"): Arrivals {
  const clock = new FakeClock();
  const arrivals = new Arrivals({ format: "map", clock });
  const sent = String(clock.micros() - ageMicros).padStart(16, "0");
  arrivals.receive(numbers.map((seq) => {
    const value = `${phase}0a1b2c3d0001${String(seq).padStart(12, "0")}${sent}`;
    return dbUpdate({ table: LOAD_TABLE, key: "load", action: "log", value, topic: "t" });
  }));
  return arrivals;
}

Deno.test("notesOf is empty, when the load is complete and used one clock", () => {
  assert.deepEqual(notesOf([arrived([1, 2, 3])], { isRemote: false }), []);
});

Deno.test("notesOf reports that latencies use two clocks, and whether these differ", () => {
  const [two, ...none] = notesOf([arrived([1])], { isRemote: true });
  assert.match(two ?? "", /difference between the clocks/);
  assert.deepEqual(none, []);
  const [, differ] = notesOf([arrived([1, 2], -5_000)], { isRemote: true });
  assert.match(differ ?? "", /^2 events seem to have arrived before they were sent/);
});

Deno.test("notesOf reports loss, and events sent before the first received event", () => {
  const notes = notesOf([arrived([11, 13])], { isRemote: false });
  assert.match(notes[0] ?? "", /^10 events were sent before the first received one/);
  assert.match(notes[1] ?? "", /^Events were lost: .*--rate/);
  assert.equal(notesOf([arrived([11, 13])], { isRemote: false, isPaced: true }).length, 1);
});

Deno.test("notesOf suggests checks, when no event arrived", () => {
  const [remote = ""] = notesOf([arrived([])], { isRemote: true });
  assert.match(remote, /^Nothing arrived\. To check:\n.*bench pub.*\n.*publishers list/);
  const [local = ""] = notesOf([arrived([])], { isRemote: false });
  assert.match(local, /^No event came back\. To check:\n.*pub_sub_driver/);
});

Deno.test("notesOf reports loss, when only events of the warm-up arrived", () => {
  const arrivals = arrived([1, 2], 100, "w");
  arrivals.expect({ run: "0a1b2c3d", publisher: 1, topic: "t" }, 2_000);
  const [lost = "", ...others] = notesOf([arrivals], { isRemote: false });
  assert.match(lost, /^Events were lost: .*--rate/);
  assert.deepEqual(others, []);
});
