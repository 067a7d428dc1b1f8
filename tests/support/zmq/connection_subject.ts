import { TopicCache } from "../../../drivers/_internal/topic_cache.ts";
import { Connection } from "../../../drivers/_internal/zmtp/connection.ts";
import type {
  ConnectionOptions,
  ConnectionOwner,
} from "../../../drivers/_internal/zmtp/connection_types.ts";
import { sessionProperties } from "../../../drivers/_internal/zmtp/session.ts";
import * as wire from "../../../drivers/_internal/zmtp/wire.ts";
import { FakeStream } from "../fakes/fake_stream.ts";

export const NONE: ReadonlyMap<string, string> = new Map();
const OPTIONS: ConnectionOptions = {
  socketType: "SUB",
  properties: NONE,
  maxFrameBytes: 1_000_000,
  topics: new TopicCache(),
  heartbeatIntervalMs: 1_000,
  heartbeatTimeoutMs: 2_500,
};
export const HANDSHAKE = wire.GREETING_BYTES + wire.ready("SUB", NONE).length;

/** A connection over a test's stream, and every callback that its owner received. */
export class Subject {
  readonly stream = new FakeStream();
  readonly calls: string[] = [];
  readonly owner: ConnectionOwner;
  readonly connection: Connection;
  readonly #peerType: string;

  constructor(options: Partial<ConnectionOptions> = {}) {
    this.#peerType = options.socketType === "PUB" ? "SUB" : "PUB";
    const buffer = { bytes: new Uint8Array(1024 * 1024), at: 0 };
    const { calls } = this;
    this.owner = {
      readBuffer: () => ({ ...buffer, at: 0 }),
      onOpen: ({ minor, session }) => calls.push(`open 3.${minor} ${session?.node ?? "plain"}`),
      onMessage: (topic, payload) => calls.push(`pair ${topic?.length} ${payload.length}`),
      onSingle: (body) => calls.push(`single ${body.length}`),
      onCommand: (name) => calls.push(name),
      onDrop: (reason) => calls.push(reason),
      onClosed: (reason) => calls.push(`closed: ${reason}`),
    };
    this.connection = new Connection(this.stream, this.owner, { ...OPTIONS, ...options });
    this.connection.start();
  }

  /** Performs the handshake of a publisher, of ZMTP 3.0 by default. */
  open({ minor = 0, node = "" } = {}): this {
    const session = sessionProperties({ node, processId: 1, version: "1" });
    const properties = node === "" ? NONE : session;
    this.stream.arrive(greeting(minor), wire.ready(this.#peerType, properties));
    this.calls.length = 0;
    return this;
  }

  /** Advances the clock until `untilMs` from now. */
  pass(untilMs: number): void {
    const now = performance.now();
    for (let ms = 250; ms < untilMs; ms += 250) this.connection.tick(now + ms);
    this.connection.tick(now + untilMs);
  }

  /** The commands that the connection has sent after the handshake. */
  get commands(): string[] {
    const { bytes } = this.stream;
    const names = [];
    for (let at = HANDSHAKE; at < bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
      const body = bytes.subarray(at + 2, at + 2 + (bytes[at + 1] ?? 0));
      names.push(wire.parseCommand(body)?.name ?? "none");
    }
    return names;
  }
}

export function greeting(minor: number): Uint8Array<ArrayBuffer> {
  const bytes = wire.greeting();
  bytes[11] = minor;
  return bytes;
}
