import { Buffer } from "node:buffer";
import type { Deployment, Service } from "./deployment.ts";
import { type PeerMessage, type PythonPeer, startPythonPeer } from "./python_peer.ts";

const PROBE = "is-it-live";

/**
 * An independent compute node: a SUB socket of python3-zmq that receives from a publisher service.
 */
export interface PythonNode extends AsyncDisposable {
  /** Returns the next event for the node: both frames and the decoded document. */
  message(): Promise<PeerMessage>;
  kill(signal: Deno.Signal): void;
}

/** Starts a node on this topic, and waits until it has received one event. */
export async function startNode(
  deployment: Deployment,
  service: Pick<Service, "uri">,
  topic = "D",
): Promise<PythonNode> {
  const peer = await startPythonPeer({ type: "SUB", role: "connect", address: service.uri });
  try {
    await peer.order({ do: "subscribe", topic: hex(topic) });
    await untilReceived(peer, deployment, topic);
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

// A plain SUB socket confirms its subscription only by receiving an event.
async function untilReceived(
  peer: PythonPeer,
  deployment: Deployment,
  topic: string,
): Promise<void> {
  const event = ["--action", "log", "--key", PROBE, "--topic", topic];
  await using _publisher = deployment.startHere(
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

/** The five entries of a document that the original reads, picked by name. */
export function fieldsOf(decoded: unknown): Readonly<Record<string, unknown>> {
  const entries = new Map(Object.entries(decoded ?? {}));
  const names = ["table", "key", "action", "value", "topic"];
  return Object.fromEntries(names.map((name) => [name, entries.get(name)]));
}

/** Encodes text as the peer expects and returns bytes. */
export function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}
