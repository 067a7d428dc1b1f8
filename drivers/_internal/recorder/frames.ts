import type { RecordedFrame } from "../../contract/recorder.ts";
import { TopicCache } from "../topic_cache.ts";
import { frameAt } from "../zmtp/wire.ts";
import { type BlockHead, FRAME_HEAD_BYTES } from "./block.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The frames of a block's body. */
export function framesOf(body: Uint8Array, { hasMessages }: BlockHead): Iterable<RecordedFrame> {
  return hasMessages ? framesOfMessages(body) : framesInOwnForm(body);
}

function* framesOfMessages(body: Uint8Array): Iterable<RecordedFrame> {
  const topics = new TopicCache();
  for (let at = 0; at < body.length;) {
    const name = frameAt(body, at);
    const payload = frameAt(body, name.end);
    at = payload.end;
    const bytes = body.subarray(name.start, name.end);
    const topic = topics.text(bytes) ?? "";
    yield { topic, payload: body.subarray(payload.start, payload.end) };
  }
}

function* framesInOwnForm(body: Uint8Array): Iterable<RecordedFrame> {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let topic = "";
  for (let at = 0; at < body.length;) {
    const start = at + FRAME_HEAD_BYTES;
    const end = start + view.getUint16(at, true);
    if (end > start) topic = decoder.decode(body.subarray(start, end));
    at = end + view.getUint32(at + 2, true);
    yield { topic, payload: body.subarray(end, at) };
  }
}
