import { Buffer } from "node:buffer";
import { startPythonPeer } from "../../support/python_peer.ts";
import type { HexMessage } from "./fuzzer.ts";
import type { Rig } from "./rig.ts";

const FEEDER = "corpus";
const MESSAGES = 60;
/**
 * The id of a publisher that does not exist, so that mutated events never collide with real
 * sequence numbers.
 */
const FORGED_PUBLISHER = "00000000-0000-4000-8000-00000000f0f0";
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Real messages of a running service, under another publisher's id. */
export async function captureCorpus(rig: Rig): Promise<HexMessage[]> {
  await using peer = await startPythonPeer({ type: "SUB", role: "connect", address: rig.uri });
  await peer.order({ do: "subscribe", topic: "44" });
  const feeder = rig.feeder(FEEDER, 50).start();
  const messages: HexMessage[] = [];
  while (messages.length < MESSAGES) messages.push((await peer.message()).frames.map(forge));
  await feeder.finish();
  return messages;
}

/** Replaces every UUID in a frame; both UUIDs are in hexadecimal. */
function forge(frame: string): string {
  const text = Buffer.from(frame, "hex").toString("latin1");
  return Buffer.from(text.replaceAll(UUID, FORGED_PUBLISHER), "latin1").toString("hex");
}
