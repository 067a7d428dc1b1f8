import type { Passage } from "./tcp_proxy.ts";

// ZMTP 3.1: a greeting of 64 octets, then a READY command: a flags octet, a size octet, the body.
const GREETING_OCTETS = 64;
const COMMAND_HEAD_OCTETS = 2;

/** Lets a ZMTP peer's handshake through at once, and what follows it when `released` resolves. */
export function heldAfterHandshake(released: Promise<void>): Passage {
  const sizeAt = GREETING_OCTETS + COMMAND_HEAD_OCTETS - 1;
  let seen: number[] = [];
  return new TransformStream({
    async transform(octets, controller) {
      const before = seen.length;
      seen = [...seen, ...octets];
      const ends = sizeAt < seen.length ? sizeAt + 1 + seen[sizeAt]! : Infinity;
      const passing = Math.max(0, Math.min(octets.length, ends - before));
      if (passing > 0) controller.enqueue(octets.slice(0, passing));
      if (passing === octets.length) return;
      await released;
      controller.enqueue(octets.slice(passing));
    },
  });
}
