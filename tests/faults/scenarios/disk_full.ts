import { run } from "../../support/program.ts";
import { systemOutput } from "../harness/net_pair.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

const SMALL = "size=512k";
const CHUNK = new Uint8Array(4_096);

/** A file system of a few hundred kilobytes in memory. */
interface SmallDisk extends AsyncDisposable {
  /** Fills the file system completely, even against a database that still writes. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

async function mountSmallDisk(path: string): Promise<SmallDisk> {
  await Deno.mkdir(path);
  const { code, text } = await systemOutput(["mount", "-t", "tmpfs", "-o", SMALL, "tmpfs", path]);
  if (code !== 0) throw new Error(`Cannot mount a small disk: ${text}`);
  const ballast = `${path}/ballast`;
  return {
    fill: () => fillWith(ballast),
    free: () => Deno.remove(ballast),
    [Symbol.asyncDispose]: async () => {
      await systemOutput(["umount", "--lazy", path]);
    },
  };
}

async function fillWith(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, append: true });
  try {
    for (;;) await file.write(CHUNK);
  } catch {
    // The file system is full.
  }
}

/** The disk with the database is full for a while. */
export const diskFull: Scenario = {
  name: "disk-full",
  summary: "the disk of the embedded database is full for a while",
  hasShortForm: true,
  async run({ isShort, say }) {
    if (Deno.uid() !== 0) return { skipped: "only root can mount a small disk" };
    await using rig = await Rig.create({ "df.publisher_timeout": 3 });
    await using disk = await mountSmallDisk(rig.path("disk"));
    const overrides = { "df.sqlite_path": rig.path("disk/northbound.sqlite3") };
    const service = await rig.serve({ overrides });
    await rig.node("subscriber", { overrides });
    await rig.node("nbapi", { kind: "nbapi", overrides });
    await rig.witness();
    const feeder = rig.feeder("e", 200, { overrides }).start();
    await sleep(1_000);
    await disk.fill();
    say("the disk is full");
    const late = rig.node("started on a full disk", { overrides });
    await Promise.all([late, sleep(isShort ? 3_000 : 15_000)]);
    await disk.free();
    say("there is room again");
    const isListed = async () => (await listed(rig.flags(overrides))).includes(`"alive"`);
    await until(isListed, { what: "the service is listed as alive", timeoutMs: 20_000 });
    const { code, stderr } = await feeder.finish();
    const rows = await rig.settle();
    const faults = code === 0 ? [] : [`publish: ${stderr}`];
    for (const node of rig.nodes) await node.stop();
    const end = await service.stop();
    if (end.code !== 0) faults.push(`serve ended with ${end.code}: ${end.stderr}`);
    return { rows, faults };
  },
};

async function listed(flags: readonly string[]): Promise<string> {
  return (await run(["publishers", "list", "--json", ...flags])).stdout;
}
