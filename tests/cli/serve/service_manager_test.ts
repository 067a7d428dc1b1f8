import assert from "node:assert/strict";
import { ServiceManager, watchdogIntervalMs } from "../../../cli/serve/service_manager.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

function managed(env: Readonly<Record<string, string>> = {}) {
  const sent: string[] = [];
  const sink = {
    send: (text: string) => sent.push(text) > 0,
    monotonicMicros: () => 1_500_000n,
    [Symbol.dispose]: () => void sent.push("closed"),
  };
  const clock = new FakeClock();
  const log = new RecordingLogger();
  return { sent, clock, log, manager: new ServiceManager(sink, { env, clock, log }) };
}

Deno.test("ServiceManager reports readiness, status and the end, each status on one line", async () => {
  const { sent, clock, manager } = managed();
  let status = "Ready, at tcp://a";
  manager.ready(() => status);
  await clock.advance(2_000);
  status = "Not ready:\n database";
  await clock.advance(1_000);
  manager.stopping();
  status = "Ready again";
  await clock.advance(2_000);
  await manager[Symbol.asyncDispose]();
  assert.deepEqual(sent, [
    "READY=1\nSTATUS=Ready, at tcp://a",
    "STATUS=Not ready: database",
    "STOPPING=1\nSTATUS=Stopping: sending accepted events",
    "closed",
  ]);
});

Deno.test("ServiceManager reports the start time of a reload, by the monotonic clock", async () => {
  const { sent, clock, manager } = managed();
  let status = "Ready";
  manager.ready(() => status);
  manager.reloading();
  status = "Not ready";
  await clock.advance(2_000);
  await manager[Symbol.asyncDispose]();
  const told = "RELOADING=1\nMONOTONIC_USEC=1500000\nSTATUS=Reloading the configuration";
  assert.deepEqual(sent, ["READY=1\nSTATUS=Ready", told, "closed"]);
});

Deno.test("ServiceManager notifies the watchdog twice per period, and only while everything is alive", async () => {
  const { sent, clock, manager } = managed({ WATCHDOG_USEC: "10000000" });
  let isAlive = true;
  manager.watch(() => isAlive);
  assert.deepEqual(sent, ["WATCHDOG=1"]);
  await clock.advance(10_000);
  assert.equal(sent.length, 3);
  isAlive = false;
  await clock.advance(20_000);
  assert.equal(sent.length, 3);
  await manager[Symbol.asyncDispose]();
  assert.equal(clock.sleepers, 0);
});

Deno.test("ServiceManager does nothing without a manager, and warns when the manager is unreachable", async () => {
  const { clock, log } = managed();
  for (const NOTIFY_SOCKET of ["", "relative", `/${"x".repeat(200)}`]) {
    const env = { NOTIFY_SOCKET, WATCHDOG_USEC: "1000000" };
    await using manager = await ServiceManager.connect({ env, clock, log });
    manager.watch(() => true);
    manager.ready(() => "x");
    manager.stopping();
  }
  assert.equal(clock.sleepers, 0);
  const warnings = log.messages("warn");
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? "", /^Cannot notify the service manager: Cannot notify "relative"/);
});

Deno.test("watchdogIntervalMs is half the watchdog's time, when it applies to this process", () => {
  assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: "3000000" }, 7), 1_500);
  assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "7" }, 7), 1_500);
  assert.equal(watchdogIntervalMs({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "8" }, 7), undefined);
  for (const WATCHDOG_USEC of ["", "0", "-1", "1e6", "soon"]) {
    assert.equal(watchdogIntervalMs({ WATCHDOG_USEC }, 7), undefined);
  }
  assert.equal(watchdogIntervalMs({}, 7), undefined);
});
