/** A record with one byte of data has 23 bytes. */
const MAX_BYTES_PER_BYTE = 32;
/** A handshake has up to 200 KiB. */
const MAX_BYTES = 512 * 1024;

/**
 * What a peer sends besides data. A change of keys costs the peer 27 bytes and this end much more,
 * and no limit of data sees it.
 */
export class RecordOverhead {
  #bytes = 0;

  noteReceived(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Notes data that was in the bytes. */
  noteData(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes * MAX_BYTES_PER_BYTE);
  }

  get isExcessive(): boolean {
    return this.#bytes > MAX_BYTES;
  }
}
