import assert from "node:assert/strict";
import { run } from "../../../cli/program.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

async function refused(args: readonly string[]): Promise<string> {
  const io = new FakeIo();
  assert.equal(await run(["bench", ...args], io), 2, args.join(" "));
  assert.equal(io.out.text, "", args.join(" "));
  return io.err.text;
}

Deno.test("run bench refuses flags without effect, with the expectation", async () => {
  const cases: readonly (readonly [args: string[], says: RegExp])[] = [
    [["relay", "--max-p99", "5x"], /wanted a duration above 0/],
    [["relay", "--max-loss", "101"], /wanted a percentage from 0 to 100/],
    [["relay", "--min-rate", "0"], /wanted a number above 0/],
    [["relay", "--topics", "1001"], /wanted at most 1000/],
    [["pub", "--publishers", "101"], /wanted at most 100/],
    [["sub", "--subscribers", "0"], /wanted a whole number, 1 or more/],
    [["latency", "--warmup", "-1"], /wanted a duration above 0/],
    [["latency", "--json", "--csv"], /cannot be used with option/],
    [["pub", "--publishers", "100", "--topics", "1000"], /: 100000, wanted at most 20000/],
    [["pub", "--topics", "1000", "--size", "1000000"], /: 1000000000, wanted at most 268435456/],
    [["pub", "--max-p99", "1ms"], /unknown option '--max-p99'/],
  ];
  for (const [args, says] of cases) assert.match(await refused(args), says, args.join(" "));
});

Deno.test("run bench suggests the intended command or flag, when one is misspelt", async () => {
  assert.match(await refused(["relai"]), /Did you mean relay\?/);
  assert.match(await refused(["relay", "--evnts", "1"]), /Did you mean --events\?/);
  assert.match(await refused([]), /Usage: df-pubsub bench/);
});

Deno.test("run bench explains the limits and exit codes in the help of each command", async () => {
  for (const name of ["pub", "sub", "relay", "latency"]) {
    const io = new FakeIo();
    assert.equal(await run(["bench", name, "--help"], io), 0);
    assert.match(io.out.text, new RegExp(`Examples:\n  \\$ df-pubsub bench ${name}`));
    assert.match(io.out.text, /The exit\scode is 1 if a limit, .* is missed/);
    assert.match(io.out.text, /--min-rate <n>/);
    assert.doesNotMatch(io.out.text, /undefined/);
  }
});
