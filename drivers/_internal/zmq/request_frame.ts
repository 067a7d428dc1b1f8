/** A request and its answer begin with the number that the requester gave the request. */
export const REQUEST_ID_BYTES = 8;

/** A body behind its number, as octets of its own. */
export function requestFrame(id: bigint, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(REQUEST_ID_BYTES + body.length);
  new DataView(frame.buffer).setBigUint64(0, id);
  frame.set(body, REQUEST_ID_BYTES);
  return frame;
}

/** The number at the start of a frame that is long enough. */
export function requestId(frame: Uint8Array): bigint {
  return new DataView(frame.buffer, frame.byteOffset).getBigUint64(0);
}
