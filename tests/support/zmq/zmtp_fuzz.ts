import { PeerCounter } from "../../../drivers/_internal/peer_counter.ts";
import { TopicCache } from "../../../drivers/_internal/topic_cache.ts";
import { Connection } from "../../../drivers/_internal/zmtp/connection.ts";
import type { ConnectionOwner } from "../../../drivers/_internal/zmtp/connection_types.ts";
import {
  COMMAND,
  commandData,
  sessionProperties,
} from "../../../drivers/_internal/zmtp/session.ts";
import { SubscriberPeers } from "../../../drivers/_internal/zmtp/publish/subscriber_peers.ts";
import * as wire from "../../../drivers/_internal/zmtp/wire.ts";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import type { SeededRandom } from "../../faults/harness/random.ts";
import { FakeStream } from "../fakes/fake_stream.ts";
import { bytesOf } from "../frame_reader.ts";
import { testSettings } from "../test_settings.ts";

const PROPERTIES = sessionProperties({ node: "n", processId: 1, version: "1", run: "r" });
const NONE: ReadonlyMap<string, string> = new Map();
const MAX_BYTES = 512;

const LARGE = wire.command("X", new Uint8Array(4_000));

/** The end under test: the far end's socket type, and the valid bytes of a far end. */
const ROLES = {
  PUB: [
    wire.command("SUBSCRIBE", bytesOf("D")),
    wire.command("CANCEL", bytesOf("D")),
    wire.frame(0, bytesOf("\x01D")),
    wire.frame(0, bytesOf("\x00D")),
    wire.command(COMMAND.want, commandData([0], "D")),
    wire.command(COMMAND.want, commandData([1], "tenant")),
    wire.command(COMMAND.drop, commandData([], "D")),
    new Uint8Array([...wire.frame(wire.FLAG.more, bytesOf("D")), ...LARGE, ...LARGE, ...LARGE]),
  ],
  SUB: [
    wire.command(COMMAND.live, commandData([1], "D")),
    new Uint8Array([...wire.frame(1, bytesOf("D")), ...wire.frame(0, new Uint8Array(300))]),
    new Uint8Array([...wire.frame(1, bytesOf("D")), ...wire.frame(0, new Uint8Array(900))]),
    new Uint8Array([
      ...wire.frame(1, bytesOf("D")),
      ...wire.frame(1, bytesOf("1")),
      ...wire.frame(0, bytesOf("2")),
    ]),
  ],
  PULL: [
    new Uint8Array([...wire.frame(1, bytesOf("D")), ...wire.frame(0, bytesOf("1"))]),
    new Uint8Array([...wire.frame(1, bytesOf("D")), ...wire.frame(0, new Uint8Array(600))]),
  ],
  PUSH: [wire.command(COMMAND.ack, commandData([1]))],
} as const;
const PEER_TYPES = { PUB: "SUB", SUB: "PUB", PULL: "PUSH", PUSH: "PULL" } as const;
const COMMON = [wire.ping(1_000), wire.command("PONG", new Uint8Array()), wire.error("no")];

export type FuzzRole = keyof typeof ROLES;
export const FUZZ_ROLES = Object.keys(ROLES) as FuzzRole[];

/** A peer's byte stream with some bytes changed, omitted, doubled or cut off. */
function mutatedStream(role: FuzzRole, random: SeededRandom): Uint8Array<ArrayBuffer> {
  const hasSession = random.next() < 0.5;
  const parts: Uint8Array[] = [
    wire.greeting(),
    wire.ready(PEER_TYPES[role], hasSession ? PROPERTIES : NONE),
  ];
  const corpus = [...ROLES[role], ...COMMON];
  for (let count = random.between(0, 8); count > 0; count--) parts.push(random.pick(corpus));
  let bytes = parts.flatMap((part) => [...part]);
  const handshake = wire.GREETING_BYTES + (parts[1]?.length ?? 0);
  // Most mutations leave the handshake intact, to reach later code.
  const from = random.next() < 0.7 && bytes.length > handshake ? handshake : 0;
  for (let count = random.between(0, 6); count > 0; count--) {
    const at = random.between(from, bytes.length - 1);
    const chance = random.next();
    if (chance < 0.5) {
      bytes[at] = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 127, 128, 255, random.between(0, 255)]);
    } else if (chance < 0.65) bytes.splice(at, random.between(1, 12));
    else if (chance < 0.8) bytes.splice(at, 0, ...bytes.slice(at, at + random.between(1, 40)));
    else bytes = bytes.slice(0, Math.max(1, at));
    if (bytes.length === 0) break;
  }
  return new Uint8Array(bytes);
}

/** The target of the streams: one socket role that gets a new connection for each stream. */
class FuzzTarget {
  readonly #role: FuzzRole;
  /**
   * Each reading of the time happens in a new turn. A busy machine must not use up the read time in
   * one turn.
   */
  readonly #loop = {
    turns: 0,
    get turn() {
      return this.turns++;
    },
  };
  readonly #peers = new SubscriberPeers({
    settings: testSettings({ "df_zmq.high_water_mark": "64", "df_zmq.wire_log_bytes": "65536" }),
    log: silentLogger,
    loop: this.#loop,
    open: { resync: () => bytesOf("again") },
    connected: new PeerCounter(() => void this.taken++),
    onClosed: () => {},
  });
  /**
   * Messages, commands and subscribers that were accepted, and connections that this end closed.
   */
  taken = 0;
  ended = 0;

  constructor(role: FuzzRole) {
    this.#role = role;
  }

  /** One connection on which these pieces arrive. */
  async feed(pieces: readonly Uint8Array[]): Promise<void> {
    const stream = new FakeStream();
    if (this.#role === "PUB") this.#peers.add(stream);
    else this.#connect(stream, this.#role);
    for (const piece of pieces) {
      stream.arrive(piece);
      // Pending output is sent at the end of the turn.
      await Promise.resolve();
    }
    if (stream.isClosed) this.ended++;
    stream.end();
    if (!stream.isClosed) throw new Error("The connection outlives its stream");
  }

  #connect(stream: FakeStream, socketType: FuzzRole): void {
    const buffer = new Uint8Array(64 * 1024);
    const take = () => void this.taken++;
    const owner: ConnectionOwner = {
      readBuffer: () => ({ bytes: buffer, at: 0 }),
      onOpen: () => {},
      onMessage: (topic, payload) => {
        if (topic && topic.length > MAX_BYTES) throw new RangeError("The topic is too large");
        if (payload.length > MAX_BYTES) throw new RangeError("The payload is too large");
        take();
      },
      onSingle: take,
      onCommand: take,
      onDrop: take,
      onClosed: () => {},
    };
    const connection = new Connection(stream, owner, {
      socketType,
      properties: NONE,
      maxFrameBytes: MAX_BYTES,
      topics: new TopicCache(),
      heartbeatIntervalMs: 0,
      heartbeatTimeoutMs: 0,
    });
    connection.start();
  }
}

/** Short streams up to this number are cut at every offset, others at one offset each. */
const CUT_EVERYWHERE = 20;
const MAX_SHORT_BYTES = 4_000;
const TURN_EVERY = 100;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

/** Feeds an end `count` mutated streams. Returns every violation found. */
export async function fuzzRole(
  role: FuzzRole,
  streams: number,
  random: SeededRandom,
): Promise<string[]> {
  const target = new FuzzTarget(role);
  let before = 0;
  for (let count = 0; count < streams; count++) {
    const bytes = mutatedStream(role, random);
    const isCutEverywhere = count < CUT_EVERYWHERE && bytes.length <= MAX_SHORT_BYTES;
    const cuts = isCutEverywhere ? bytes.keys() : [random.between(0, bytes.length)];
    for (const at of cuts) await target.feed([bytes.subarray(0, at), bytes.subarray(at)]);
    // Work that takes longer than a slice goes on in the next turn.
    if (count % TURN_EVERY === 0) await nextTurn();
    if (count === streams >> 2) before = memory();
  }
  const faults: string[] = [];
  const after = memory();
  if (after - before > MAX_GROWTH_BYTES) faults.push(`${before} bytes became ${after}`);
  if (target.taken <= streams / 20) faults.push(`${target.taken} messages were taken`);
  if (target.ended <= streams / 20) faults.push(`${target.ended} connections were ended`);
  return faults;
}

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Deno.memoryUsage().heapUsed;
}
