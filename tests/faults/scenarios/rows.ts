import { fileURLToPath } from "node:url";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { Child } from "../harness/child.ts";
import type { LedgerRow } from "../harness/ledger.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario, ScenarioContext } from "../harness/scenario.ts";
import type { Service } from "../harness/service.ts";
import { sleep, until } from "../harness/wait.ts";

const TABLE = "lport";
const SETTINGS = { "df.pub_sub_send_timeout": 2, "df_zmq.high_water_mark": 200 };
/** A row may be read again only when no event about it can be in flight. */
const SETTLED_WITHIN_MS = 15_000;
const pathOf = (name: string) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));

/** A process of the library with the settings of a rig. */
function start(rig: Rig, script: string, options: StartOptions): Child {
  const sets = rig.flags({ ...SETTINGS, "df.enable_df_pub_sub": true });
  const overrides = sets.filter((flag) => flag !== "--set");
  const run = [Deno.execPath(), "run", "-A", "--no-check", pathOf(script)];
  const { args, onLine } = options;
  return new Child(script, [...run, ...args, ...overrides], onLine ? { onLine } : {});
}

interface StartOptions {
  readonly args: readonly string[];
  readonly onLine?: (line: string) => void;
}

/** The output line of a follower for each change. */
interface RowChange {
  readonly table: string | null;
  readonly action: string;
  readonly key: string | null;
  readonly value: string | null;
}

/** The rows of an application that applies every change. */
class Application implements AsyncDisposable {
  readonly rows = new Map<string, string>();
  applied = 0;
  isComplete = false;
  readonly child: Child;

  constructor(rig: Rig) {
    this.child = start(rig, "follower.ts", { args: [TABLE], onLine: (line) => this.#take(line) });
  }

  #take(line: string): void {
    const { table, action, key, value }: RowChange = JSON.parse(line);
    this.applied++;
    if (action === "synced") this.isComplete = true;
    if (table !== TABLE || key === null) return;
    if (value === null || action === "delete") this.rows.delete(key);
    else this.rows.set(key, value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}

/** The number of rows that differ from the database. */
async function differences(rig: Rig, { rows }: Application): Promise<number> {
  await using db = await openSqliteAt(rig.databasePath);
  const entries = await db.entries(TABLE);
  const wrong = entries.filter(({ key, value }) => rows.get(key) !== value).length;
  const keys = new Set(entries.map(({ key }) => key));
  return wrong + [...rows.keys()].filter((key) => !keys.has(key)).length;
}

async function disturb(
  { random, isShort, say }: ScenarioContext,
  service: Service,
  stopped: Application,
): Promise<void> {
  for (let round = 1; round <= (isShort ? 2 : 10); round++) {
    await sleep(random.between(300, 1_500));
    if (round % 2 === 1) {
      await service.kill();
      await sleep(random.between(0, 500));
      await service.start();
    } else {
      stopped.child.signal("SIGSTOP");
      await sleep(random.between(1_000, isShort ? 2_000 : 5_000));
      stopped.child.signal("SIGCONT");
    }
    say(
      `round ${round}: the ${round % 2 === 1 ? "service was killed" : "application was stopped"}`,
    );
  }
}

/** Despite all losses, every application has the current rows in the end. */
export const rows: Scenario = {
  name: "rows",
  summary: "applications follow the rows of a table through faults, and end with the same rows",
  hasShortForm: true,
  async run(context) {
    await using rig = await Rig.create(SETTINGS);
    const service = await rig.serve();
    await using early = new Application(rig);
    await until(() => early.isComplete, { what: "the initial rows" });
    const seed = String(context.random.between(1, 2 ** 30));
    await using writer = start(rig, "writer.ts", { args: [TABLE, seed] });
    await until(() => early.applied > 20, { what: "changes arrive" });
    await using late = new Application(rig);
    await disturb(context, service, early);
    await writer.endInput();
    const { code, stdout, stderr } = await writer.ended();
    const faults = code === 0 ? [] : [`the controller ended: ${stderr}`];
    const named = [["from the start", early], ["from the middle", late]] as const;
    const ledger = [];
    for (const [name, each] of named) ledger.push(await rowOf(rig, name, each));
    return { rows: ledger, faults, remarks: [`the controller: ${stdout.trim()}`] };
  },
};

/** One row of the ledger. It counts rows of the table instead of events. */
async function rowOf(rig: Rig, subscriber: string, each: Application): Promise<LedgerRow> {
  const isTrue = async () => await differences(rig, each) === 0;
  await until(isTrue, { what: "the same rows", timeoutMs: SETTLED_WITHIN_MS }).catch(() => {});
  const silent = await differences(rig, each);
  const published = each.rows.size;
  const delivered = Math.max(0, published - silent);
  const counts = { published, delivered, replayed: 0, announced: 0, silent };
  const end = each.child.hasEnded ? `; ENDED: ${each.child.stderr.text.slice(-200)}` : "";
  const note = `rows equal to the database; ${each.applied} changes applied${end}`;
  return { subscriber, ...counts, duplicates: 0, disordered: 0, note };
}
