import { Buffer } from "node:buffer";
import type { Deployment, Service } from "./deployment.ts";
import { type PeerMessage, type PythonPeer, startPythonPeer } from "./python_peer.ts";

const PROBE = "is-it-live";

/** An independent compute node: a SUB socket of python3-zmq that hears a publisher service. */
export interface PythonNode extends AsyncDisposable {
  /** The next event for it, both frames and the document. */
  message(): Promise<PeerMessage>;
  kill(signal: Deno.Signal): void;
}

/** Starts a node on this topic, and waits until an event has come through to it. */
export async function startNode(
  deployment: Deployment,
  service: Pick<Service, "uri">,
  topic = "D",
): Promise<PythonNode> {
  const peer = await startPythonPeer({ type: "SUB", role: "connect", address: service.uri });
  try {
    await peer.order({ do: "subscribe", topic: hex(topic) });
    await untilHeard(peer, deployment, topic);
  } catch (error) {
    await peer[Symbol.asyncDispose]();
    throw error;
  }
  return {
    message: () => nextEvent(peer),
    kill: (signal) => peer.kill(signal),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

// A plain SUB socket has no proof that it is subscribed but an event.
async function untilHeard(peer: PythonPeer, deployment: Deployment, topic: string): Promise<void> {
  const event = ["--action", "log", "--key", PROBE, "--topic", topic];
  await using _publisher = deployment.start(
    ["publish", ...event, "--count", "1000", "--rate", "100"],
  );
  await peer.message();
}

async function nextEvent(peer: PythonPeer): Promise<PeerMessage> {
  for (;;) {
    const message = await peer.message();
    const { decoded } = message;
    if (!(typeof decoded === "object" && decoded !== null && "key" in decoded)) return message;
    if (decoded.key !== PROBE) return message;
  }
}

/** What the original reads of a document: the five entries of its own, picked by name. */
export function fieldsOf(decoded: unknown): Readonly<Record<string, unknown>> {
  const entries = new Map(Object.entries(decoded ?? {}));
  const names = ["table", "key", "action", "value", "topic"];
  return Object.fromEntries(names.map((name) => [name, entries.get(name)]));
}

/** Text as the peer takes and gives bytes. */
export function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}
