import type { Passage } from "./tcp_proxy.ts";

// ZMTP 3.1: a greeting of 64 octets, then a READY command: a flags octet, a size octet, the body.
const SIZE_AT = 64 + 1;

/** Lets a ZMTP peer's handshake through at once, and what follows it when `released` resolves. */
export function heldAfterHandshake(released: Promise<void>): Passage {
  const seen: number[] = [];
  return new TransformStream({
    async transform(octets, controller) {
      const before = seen.length;
      seen.push(...octets);
      const size = seen[SIZE_AT];
      const handshake = size === undefined ? Infinity : SIZE_AT + 1 + size;
      const passing = Math.max(0, handshake - before);
      if (passing > 0) controller.enqueue(octets.slice(0, passing));
      if (passing >= octets.length) return;
      await released;
      controller.enqueue(octets.slice(passing));
    },
  });
}
