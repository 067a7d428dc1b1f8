import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openRecorderReader } from "../../../../drivers/_internal/recorder/reader.ts";
import { eventually } from "../../../support/eventually.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { MEBIBYTE, numbered, readNumbers, reportingRecorder } from "../../../support/recorder.ts";
import { tempDir } from "../../../support/temp_dir.ts";

const CHILD = fileURLToPath(new URL("../../../support/recorder_process.ts", import.meta.url));
/** `DF_ROUNDS=100` for a long run. */
const ROUNDS = Number(Deno.env.get("DF_ROUNDS") ?? 5);

Deno.test("Recorder keeps every written event through kill -9, and says each time that it was killed", async () => {
  await using directory = await tempDir();
  let next = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const written = await recordAndKill(directory.path, next);
    const reader = await openRecorderReader(directory.path);
    const read = await readNumbers(reader);
    const numbers = read.filter((each) => typeof each === "number");
    assert(numbers.includes(written), `round ${round}: ${written} was written`);
    const first = numbers[0] ?? 0;
    const upToNow = numbers.filter((number) => number <= written);
    assert.deepEqual(upToNow, Array.from({ length: upToNow.length }, (_, at) => first + at));
    // A process that was killed while it wrote has a damaged end, until the next one cuts it.
    const kills = read.filter((each) => /killed/.test(String(each)));
    assert.equal(kills.length, round);
    next = (numbers.at(-1) ?? 0) + 1;
  }
});

/** @returns the last number that was written before the process was killed */
async function recordAndKill(path: string, first: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", CHILD, path, String(first)],
    stdout: "piped",
  }).spawn();
  let written = 0;
  const killAt = 1 + Math.floor(Math.random() * 20);
  let lines = 0;
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      written = Number(line);
      if (++lines === killAt) child.kill("SIGKILL");
    }
  }
  await child.status;
  return written;
}

Deno.test("Recorder goes on without a failure when its oldest files were removed", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path, { maxBytes: MEBIBYTE });
  const { recorder, reports } = opened;
  for (let number = 1; number <= 80; number++) {
    recorder.append("D", numbered(number, 20_000));
    await recorder.flush();
  }
  const [oldest = "", next = ""] = await segmentNames(directory.path);
  for (const name of [oldest, next]) await Deno.remove(directory.join(name));
  // It reuses the oldest file for this event, and removes the next one to make room.
  recorder.append("D", numbered(81, 200_000));
  assert.equal((await readNumbers(recorder)).at(-1), 81);
  assert.deepEqual([recorder.state.skipped, reports], [0, []]);
});

async function segmentNames(path: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  return names.filter((name) => name.endsWith(".dfrec")).sort();
}

const removals: Record<string, (path: string) => Promise<void>> = {
  "all its files were": async (path) => {
    for (const name of await segmentNames(path)) await Deno.remove(`${path}/${name}`);
  },
  "its directory was": (path) => Deno.remove(path, { recursive: true }),
};
for (const [what, remove] of Object.entries(removals)) {
  Deno.test(`Recorder goes on after one failure, without damage, when ${what} removed`, async () => {
    await using directory = await tempDir();
    const path = directory.join("recorder");
    const clock = new FakeClock();
    await using opened = await reportingRecorder(path, { clock });
    const { recorder, reports } = opened;
    recorder.append("D", numbered(1));
    await recorder.flush();
    await remove(path);
    let last = 1;
    const goOn = async () => {
      recorder.append("D", numbered(++last));
      await recorder.flush();
      await clock.advance(10_000);
      return await readNumbers(recorder);
    };
    const read = await eventually(goOn, (read) => read.at(-1) === last);
    assert.deepEqual(reports.map((report) => report.split(":")[0]), ["failure", "success"]);
    const losses = read.filter((each) => typeof each === "string");
    assert.deepEqual(losses, [`${recorder.state.skipped}: the recorder could not write them`]);
  });
}

for (const mode of [0o777, 0o1777]) {
  Deno.test(`Recorder writes to no file of another account when its directory has mode ${mode.toString(8)}`, async () => {
    await using directory = await tempDir();
    const [path, other] = [directory.join("recorder"), directory.join("other")];
    await Deno.mkdir(path);
    await Deno.chmod(path, mode);
    await Deno.writeTextFile(other, "text");
    await Deno.symlink(other, `${path}/0000000001.dfrec`);
    const clock = new FakeClock();
    await using opened = await reportingRecorder(path, { clock });
    const { recorder, reports } = opened;
    recorder.append("D", numbered(1));
    await recorder.flush();
    assert.equal(await Deno.readTextFile(other), "text");
    assert.match(
      reports[0] ?? "",
      /^failure: other accounts may (write to|create files in) .*recorder"/,
    );
    await Deno.remove(`${path}/0000000001.dfrec`);
    await Deno.chmod(path, 0o755);
    await clock.advance(10_000);
    recorder.append("D", numbered(2));
    await recorder.flush();
    assert.equal((await readNumbers(recorder)).at(-1), 2);
  });
}

Deno.test({
  name: "Recorder skips events while the disk is full, says how many, and goes on when it is not",
  // Only root may mount a small disk.
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await using directory = await tempDir();
    await using disk = await smallDisk(directory.join("disk"));
    const clock = new FakeClock();
    await using opened = await reportingRecorder(`${disk.path}/recorder`, { clock });
    const { recorder, reports } = opened;
    recorder.append("D", numbered(1));
    await recorder.flush();
    await Deno.writeFile(`${disk.path}/other`, new Uint8Array(4 * MEBIBYTE)).catch(() => {});
    for (let number = 2; number <= 4_000; number++) recorder.append("D", numbered(number));
    await recorder.flush();
    assert.match(
      reports[0] ?? "",
      /^failure: .*free space there, or set a smaller .*recorder_bytes/,
    );
    assert.match(recorder.state.failure ?? "", /free space/);
    await Deno.remove(`${disk.path}/other`);
    await clock.advance(10_000);
    recorder.append("D", numbered(4_001));
    await recorder.flush();
    assert.deepEqual(reports.slice(1), ["success"]);
    const read = await readNumbers(recorder);
    assert.deepEqual([read[0], read.at(-1)], [1, 4_001]);
    const lost = read.filter((each) => typeof each === "string");
    assert.equal(lost.length, 1);
    const [count = "0"] = String(lost[0]).split(":");
    assert.equal(read.length - 1 + Number(count), 4_001);
    assert.equal(recorder.state.skipped, Number(count));
  },
});

/** Mounts a disk of 4 MiB. */
async function smallDisk(path: string): Promise<{ path: string } & AsyncDisposable> {
  await Deno.mkdir(path);
  await run("mount", "-t", "tmpfs", "-o", "size=4m", "none", path);
  return { path, [Symbol.asyncDispose]: () => run("umount", "--lazy", path) };
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert(success, new TextDecoder().decode(stderr));
}
