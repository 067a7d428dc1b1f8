import assert from "node:assert/strict";
import { EXIT } from "../../cli/terminal/exit_code.ts";

const unit = await Deno.readTextFile(
  new URL("../../packaging/files/df-pubsub.service", import.meta.url),
);

/** The lines of a section, in order. */
function section(name: string): string[] {
  const text = unit.split(/^(?=\[)/m).find((each) => each.startsWith(`[${name}]\n`));
  assert(text !== undefined, name);
  return text.split("\n").filter((line) => /^\w+=/.test(line));
}

Deno.test("the unit restarts a failed service, unless its configuration is wrong", () => {
  const lines = section("Service");
  assert(lines.includes("Restart=on-failure"));
  assert(lines.includes(`RestartPreventExitStatus=${EXIT.usage}`));
});

Deno.test("the unit gives up at a start limit that its restarts can reach", () => {
  const values = new Map([...section("Unit"), ...section("Service")].map((line) => {
    const [key = "", value = ""] = line.split("=");
    return [key, value];
  }));
  // systemd would ignore them in [Service].
  assert(section("Unit").some((line) => line.startsWith("StartLimitBurst=")));
  assert.equal(values.get("StartLimitIntervalSec"), "5min");
  const slowestStartSeconds = 10;
  const restartSeconds = Number(values.get("RestartSec"));
  assert(Number(values.get("StartLimitBurst")) * (restartSeconds + slowestStartSeconds) < 300);
});

Deno.test("the unit starts the service without flags, and lets libzmq start its threads", () => {
  const lines = section("Service");
  assert(lines.includes("ExecStart=/usr/bin/df-pubsub serve"));
  const refused = lines.indexOf("SystemCallFilter=~@privileged @resources");
  const allowed = lines.indexOf("SystemCallFilter=sched_setscheduler");
  assert(refused >= 0 && allowed > refused);
});
