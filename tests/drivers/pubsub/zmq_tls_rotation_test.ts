import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { FramePublisher, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import { Bus } from "../../contract/pubsub_bus.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { eventually } from "../../support/eventually.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { RotatedFiles } from "../../support/rotated_files.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";

const NODES = 3;

function liveCount({ kinds }: HealthReader): number {
  return kinds.filter((kind) => kind === "live confirmed").length;
}

/** Reads the numbers that a subscriber gets, and its gaps as text. */
function read(subscriber: FrameSubscriber): string[] {
  const found: string[] = [];
  const run = async () => {
    for await (const batch of subscriber.batches()) {
      found.push(...batch.map(({ payload, gap }) => gap ?? new TextDecoder().decode(payload)));
    }
  };
  void run();
  return found;
}

/** Publishes a thousand numbers per second. */
class Load {
  sent = 0;
  #isOver = false;
  readonly #running: Promise<void>;

  constructor(publisher: FramePublisher) {
    this.#running = this.#run(publisher);
  }

  async #run(publisher: FramePublisher): Promise<void> {
    for (; !this.#isOver; await setTimeout(10)) {
      for (let count = 0; count < 10; count++) publisher.trySend("D", bytesOf(`${this.sent++}`));
    }
  }

  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#running;
    return this.sent;
  }
}

Deno.test("zmq with TLS loses and repeats nothing, when certificates and the authority change under load", () =>
  withoutLeaks(async () => {
    await using dir = await tempDir();
    const files = new RotatedFiles(dir);
    const [old, next] = [await files.authority(), await files.authority()];
    await files.trust(old);
    await files.issue(old);
    const overrides = {
      ...files.overrides,
      "df_zmq.tls_reconnect_on_change": "True",
    };
    await using bus = new Bus(zmqDriver(overrides));
    const publisher = await bus.publisher();
    const nodes = await Promise.all(Array.from({ length: NODES }, async () => {
      const subscriber = await bus.subscriber();
      const health = new HealthReader(subscriber.health);
      const found = read(subscriber);
      subscriber.registerTopic("D");
      await bus.follow(subscriber);
      return { subscriber, health, found };
    }));
    const load = new Load(publisher);
    const changes = [
      () => files.issue(old),
      () => files.trust(old, next),
      () => files.issue(next),
      () => files.trust(next),
    ];
    for (const change of changes) {
      const before = nodes.map(({ health }) => liveCount(health));
      await change();
      for (const [index, { health }] of nodes.entries()) {
        await health.has("live confirmed", (before[index] ?? 0) + 1);
      }
    }
    const sent = await load.stop();
    const wanted = Array.from({ length: sent }, (_, number) => `${number}`);
    for (const { found } of nodes) {
      for (let count = 0; count < 500 && found.at(-1) !== wanted.at(-1); count++) {
        await setTimeout(10);
      }
      assert.deepEqual(found, wanted);
    }
  }));

Deno.test("zmq with TLS connects without a restart, when the certificate that was refused is mended", () =>
  withoutLeaks(async () => {
    await using places = new AsyncDisposableStack();
    const [one, other] = [places.use(await tempDir()), places.use(await tempDir())];
    const [controller, node] = [new RotatedFiles(one), new RotatedFiles(other)];
    const [trusted, strange] = [await controller.authority(), await node.authority()];
    await controller.trust(trusted);
    await controller.issue(trusted);
    await node.trust(trusted);
    await node.issue(strange);
    await using publisher = await zmqDriver(controller.overrides).openPublisher();
    await using subscriber = await zmqDriver(node.overrides).openSubscriber();
    const health = new HealthReader(subscriber.health);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(publisher.address);
    await health.has("disconnected");
    assert(
      health.events.some((event) =>
        event.kind === "disconnected" &&
        /refuses this end: its certificate is signed/.test(event.reason)
      ),
    );
    const refused = () => publisher.peerTotals?.refused?.get("tls_unknown_authority") ?? 0;
    // The publisher counts it when the node has closed its end.
    await eventually(refused, (count) => count > 0);
    await node.issue(trusted);
    await health.has("live confirmed");
  }));
