// A controller that changes rows of one table through NbApi until its input ends, and then prints
// the number of changes. Arguments: the table, the seed, then options, each `group.option=value`.
import * as df from "../../../mod.ts";
import { openNbApi, say } from "../harness/nb_api_process.ts";
import { SeededRandom } from "../harness/random.ts";

const ROWS = 200;
const PAUSE_MS = 4;

const [table = "", seed = "", ...overrides] = Deno.args;
const random = new SeededRandom(Number(seed));
const known = new Set<string>();
const unpublished = new Set<string>();
let changes = 0;
let isOver = false;

async function change(api: df.NbApi, key: string): Promise<void> {
  const value = JSON.stringify({ change: ++changes });
  if (!known.has(key)) {
    known.add(key);
    await api.create(table, key, value);
  } else if (random.next() < 0.2) {
    known.delete(key);
    await api.delete(table, key);
  } else await api.set(table, key, value);
}

// Writes the row again when its event could not be published: only the writer knows about the
// failure.
async function step(api: df.NbApi): Promise<void> {
  const [again] = unpublished;
  const key = again ?? `row-${random.between(1, ROWS)}`;
  try {
    await change(api, key);
    unpublished.delete(key);
  } catch (error) {
    if (!(error instanceof df.NotPublished)) throw error;
    unpublished.add(key);
  }
}

async function untilInputEnds(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
  isOver = true;
}

const api = await openNbApi(overrides);
void untilInputEnds();
while (!isOver || unpublished.size > 0) {
  await step(api);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
const report = await api.close();
say({ changes, ...report });
Deno.exit(0);
