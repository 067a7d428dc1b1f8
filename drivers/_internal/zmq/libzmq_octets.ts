/**
 * Octets that stay where they are, for C functions to write to.
 *
 * An address costs less to hand over than a view, and none has to be made for a part. Whoever uses
 * the address keeps this object, and with it the memory, alive.
 */
export class LibzmqOctets {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly address: bigint;

  constructor(size: number) {
    // A buffer made by itself lies outside of the engine's heap, where nothing is moved.
    this.octets = new Uint8Array(new ArrayBuffer(size));
    this.address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.octets));
  }
}
