import assert from "node:assert/strict";
import {
  age,
  duration,
  durationMs,
  durationOrZero,
  parseDuration,
} from "../../../cli/flags/duration.ts";
import { EXIT } from "../../../cli/terminal/exit_code.ts";
import { createProgram } from "../../../cli/program.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

const REFUSED = { code: "commander.invalidArgument" };

Deno.test("parseDuration reads seconds, or a number with a unit, and nothing else", () => {
  const durations = {
    "5": 5_000,
    "0.1": 100,
    ".5": 500,
    "0": 0,
    "800us": 0.8,
    "250ms": 250,
    "1.5s": 1_500,
    "2m": 120_000,
    "2h": 7_200_000,
    "1d": 86_400_000,
  };
  for (const [text, ms] of Object.entries(durations)) assert.equal(parseDuration(text), ms, text);
  for (
    const text of [
      "",
      " ",
      "s",
      "-1",
      "-1s",
      "1e3",
      "5 s",
      "5S",
      "5min",
      "x",
      "1.",
      "9".repeat(400),
    ]
  ) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

Deno.test("duration and age give seconds above 0, and only duration has a maximum of 24 days", () => {
  for (const parse of [duration, age]) {
    assert.equal(parse("250ms"), 0.25);
    assert.equal(parse("24d"), 2_073_600);
    for (const text of ["0", "0s", "soon"]) {
      assert.throws(() => parse(text), { ...REFUSED, message: /wanted a duration above 0/ });
    }
  }
  assert.throws(() => duration("25d"), { ...REFUSED, message: "wanted at most 24d" });
  assert.equal(age("365d"), 31_536_000);
});

Deno.test("durationMs gives milliseconds, and durationOrZero also takes 0", () => {
  assert.equal(durationMs("800us"), 0.8);
  assert.equal(durationOrZero("0"), 0);
  assert.equal(durationOrZero("0ms"), 0);
  assert.equal(durationOrZero("2m"), 120);
  assert.throws(() => durationOrZero("-1"), REFUSED);
});

type Program = ReturnType<typeof createProgram>;
type AnyCommand = Pick<Program["commands"][number], "commands" | "options" | "outputHelp" | "name">;

function leavesOf({ commands }: Pick<AnyCommand, "commands">): AnyCommand[] {
  return commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : leavesOf(command)
  );
}

Deno.test("every flag that takes a time takes a duration, and its help explains the form", () => {
  const io = new FakeIo();
  const flags: string[] = [];
  for (const command of leavesOf(createProgram(io, () => EXIT.done))) {
    const ofTime = command.options.filter(({ flags, description }) =>
      /<duration>|second|time\b/i.test(`${flags} ${description}`) && flags.includes("<") &&
      // A point in time is no duration.
      !/per second/.test(description) && !flags.includes("<time>")
    );
    for (const option of ofTime) {
      const name = `${command.name()} ${option.flags}`;
      assert.match(option.flags, /<duration>$/, name);
      flags.push(option.name());
      const parse = option.parseArg as (text: string, previous: unknown) => number;
      const [short, long] = [parse("2", undefined), parse("2m", undefined)];
      assert.equal(long, 60 * short, name);
      assert.throws(() => parse("soon", undefined), { message: /wanted a duration above 0/ }, name);
    }
    const before = io.out.text.length;
    command.outputHelp();
    const explains = /A duration is a number of seconds/.test(io.out.text.slice(before));
    assert.equal(explains, ofTime.length > 0, command.name());
  }
  assert(
    flags.includes("older-than") && flags.includes("max-p99") && flags.length >= 16,
    `${flags}`,
  );
});
