import { Buffer } from "node:buffer";

/** The channel on which the original's last state tells itself where the servers are. */
const HA_TOPIC = "redis";
const MAP_OF_FIVE = 0x85;
const TABLE_HA = Buffer.from("\xa5table\xa2ha", "latin1");
const KEY_NODES = Buffer.from("\xa3key\xa5nodes", "latin1");

/**
 * Whether a message is the original's talk about the servers of its database, which is no event,
 * on a channel that may also be a project's topic: a MessagePack map of five with table "ha" and key
 * "nodes", in any order. These octets cannot occur inside a text of well-formed UTF-8.
 */
export function isHaMessage(topic: string, payload: Uint8Array): boolean {
  if (topic !== HA_TOPIC || payload[0] !== MAP_OF_FIVE) return false;
  const octets = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return octets.includes(TABLE_HA) && octets.includes(KEY_NODES);
}
