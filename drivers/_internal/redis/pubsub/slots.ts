/** Number of slots of a Redis Cluster. */
const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

/** CRC16 in the variant XMODEM, the hash function of Redis Cluster. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
    }
    crc &= 0xffff;
  }
  return crc;
}

/**
 * The slot of a key or sharded channel: that of the text between its first `{` and the next `}`, or
 * of all of it if there is no such text.
 */
export function keySlot(key: Uint8Array): number {
  const open = key.indexOf(0x7b);
  const close = open < 0 ? -1 : key.indexOf(0x7d, open + 1);
  const tag = close > open + 1 ? key.subarray(open + 1, close) : key;
  return crc16(tag) % SLOTS;
}
