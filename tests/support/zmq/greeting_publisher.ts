import {
  COMMAND,
  commandData,
  commandText,
  type OwnSession,
  sessionProperties,
} from "../../../drivers/_internal/zmtp/session.ts";
import {
  command,
  FLAG,
  greeting,
  GREETING_BYTES,
  parseCommand,
  ready,
} from "../../../drivers/_internal/zmtp/wire.ts";
import { joined } from "../../../drivers/contract/joined.ts";

/**
 * A publisher of any version and with any clock. It sends a greeting, confirms subscriptions, and
 * sends no events.
 */
export class GreetingPublisher implements AsyncDisposable {
  readonly uri: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;

  /**
   * @param session the session properties that the publisher announces to each subscriber that
   * connects
   */
  constructor(session: () => Partial<OwnSession>) {
    this.uri = `tcp://127.0.0.1:${this.#listener.addr.port}`;
    this.#accepting = this.#accept(session);
  }

  async #accept(session: () => Partial<OwnSession>): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      served.push(serve(connection, session()).catch(() => {}));
    }
    await Promise.all(served);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // The subscriber has closed the connection.
      }
    }
    await this.#accepting;
  }
}

async function serve(connection: Deno.Conn, session: Partial<OwnSession>): Promise<void> {
  const own = { node: "test", processId: 1, version: "0.0.0", run: "run", ...session };
  await write(connection, joined([greeting(), ready("PUB", sessionProperties(own))]));
  let bytes: Uint8Array = new Uint8Array();
  let at = GREETING_BYTES;
  const into = new Uint8Array(4_096);
  for (;;) {
    const count = await connection.read(into);
    if (count === null) return connection.close();
    bytes = joined([bytes, into.subarray(0, count)]);
    // Every command from a subscriber is short.
    for (; at + 2 <= bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
      const end = at + 2 + (bytes[at + 1] ?? 0);
      if (end > bytes.length) break;
      await answer(connection, bytes.subarray(at, end));
    }
  }
}

async function answer(connection: Deno.Conn, frame: Uint8Array): Promise<void> {
  if (((frame[0] ?? 0) & FLAG.command) === 0) return;
  const { name, data } = parseCommand(frame.subarray(2)) ?? {};
  if (name !== COMMAND.want || data === undefined) return;
  await write(connection, command(COMMAND.live, commandData([1], commandText(data, 1))));
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
