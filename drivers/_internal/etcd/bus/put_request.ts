import { Buffer } from "node:buffer";
import type { EtcdClient } from "../client.ts";
import type { QueuedFrame, TopicPut } from "./send_queue.ts";
import { sharedValue } from "./shared_value.ts";
import { topicKey } from "./topic_key.ts";

/** Puts events: one by one put, more in one transaction. */
export async function putEvents(client: EtcdClient, puts: readonly TopicPut[]): Promise<void> {
  const requests = puts.map(({ topic, frames }) => ({
    key: topicKey(topic),
    value: valueOf(topic, frames).toString("base64"),
  }));
  const [first] = requests;
  if (requests.length === 1) await client.call("kv/put", first, "write");
  else {
    const success = requests.map((request) => ({ request_put: request }));
    await client.call("kv/txn", { success }, "write");
  }
}

function valueOf(topic: string, frames: readonly QueuedFrame[]): Buffer {
  const [first = new Uint8Array(0), ...more] = frames.map(({ payload }) => payload);
  if (more.length > 0) return sharedValue(topic, [first, ...more]);
  return Buffer.from(first.buffer, first.byteOffset, first.length);
}
