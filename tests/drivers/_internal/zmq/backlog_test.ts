import assert from "node:assert/strict";
import { Backlog } from "../../../../drivers/_internal/zmq/backlog.ts";
import type { Frame } from "../../../../drivers/contract/pubsub.ts";
import { Notifier } from "../../../../drivers/_internal/notifier.ts";
import { octets, shown } from "../../../support/frame_reader.ts";

const ARENA_BYTES = 64;
/** Many times as long as a backlog waits before it looks. */
const PATIENCE_MS = 1_000;

interface Bounds {
  readonly maxFrames?: number;
  readonly maxOctets?: number;
}

/** A backlog, and what arrives: texts, in one buffer that each batch uses again. */
class Scene implements Disposable {
  readonly told: string[] = [];
  now = 0;
  readonly backlog: Backlog;
  readonly #arrived: string[] = [];
  readonly #arena = new Uint8Array(ARENA_BYTES);
  readonly #looked = new Notifier();

  constructor({ maxFrames = 1_000, maxOctets = 1_000 }: Bounds = {}) {
    const hooks = {
      fill: () => this.#fill(),
      onOverflow: (waiting: number) => this.told.push(`overflow ${waiting}`),
      onCaughtUp: () => this.told.push("caught up"),
    };
    this.backlog = new Backlog({ maxFrames, maxOctets, ...hooks }, () => this.now);
  }

  #fill(): { frames: readonly Frame[]; full: boolean } {
    const texts = this.#arrived.splice(0, 2);
    const frames = texts.map((text, index): Frame => {
      const payload = this.#arena.subarray(index * 8, index * 8 + text.length);
      payload.set(octets(text));
      return { topic: "D", payload };
    });
    if (this.#arrived.length === 0) this.#looked.notify();
    return { frames, full: this.#arrived.length > 0 };
  }

  /** Resolves when these have arrived and somebody has read them in the reader's stead. */
  async arrive(...texts: string[]): Promise<void> {
    this.#arrived.push(...texts);
    const looked = this.#looked.wait({ timeoutMs: PATIENCE_MS });
    this.backlog.watch();
    assert(await looked, "nobody looked");
  }

  /** What the reader takes until there is no more. */
  read(): string[] {
    const read: string[] = [];
    for (;;) {
      const batch = this.backlog.take();
      if (batch === undefined) return read;
      read.push(...batch.map(shown));
    }
  }

  [Symbol.dispose](): void {
    this.backlog.close();
  }
}

Deno.test("Backlog keeps what arrives, in order and for good, while the reader is busy", async () => {
  using it = new Scene();
  await it.arrive("1", "2", "3", "4", "5");
  await it.arrive("6");
  assert.equal(it.backlog.size, 6);
  assert.deepEqual(it.read(), ["D|1", "D|2", "D|3", "D|4", "D|5", "D|6"]);
  assert.deepEqual([it.backlog.size, it.backlog.lost, it.told], [0, 0, []]);
});

Deno.test("Backlog loses in one piece, when there is no room, until all is read", async () => {
  using it = new Scene({ maxFrames: 3 });
  await it.arrive("1", "2", "3", "4", "5");
  assert.deepEqual(it.told, ["overflow 3"]);
  it.backlog.take();
  await it.arrive("6", "7");
  assert.equal(it.backlog.lost, 4);
  assert.deepEqual(it.read(), ["D|3"]);
  assert.deepEqual(it.told, ["overflow 3", "caught up"]);
  await it.arrive("8");
  assert.deepEqual(it.read(), ["D|8"]);
  assert.equal(it.told.length, 2);
});

Deno.test("Backlog bounds the octets of payloads, too", async () => {
  using it = new Scene({ maxOctets: 6 });
  await it.arrive("four", "and4", "1");
  assert.deepEqual([it.backlog.size, it.backlog.lost], [2, 1]);
});

Deno.test("Backlog reads nothing in the stead of a reader that waits", async () => {
  using it = new Scene();
  it.backlog.take();
  it.backlog.idle();
  await assert.rejects(it.arrive("1"), /nobody looked/);
  it.backlog.take();
  await it.arrive("2");
  assert.deepEqual(it.read(), ["D|1", "D|2"]);
});

Deno.test("Backlog helps a reader that is never done, however often it comes", async () => {
  using it = new Scene();
  const read: string[] = [];
  const turns = setInterval(() => read.push(...it.read()), 20);
  await assert.rejects(it.arrive("1"), /nobody looked/);
  it.now += 1_000;
  await it.arrive("2");
  clearInterval(turns);
  assert.deepEqual([...read, ...it.read()], ["D|1", "D|2"]);
});
