import { FUZZ_ROLES, fuzzRole } from "../../support/zmq/zmtp_fuzz.ts";
import type { LedgerRow } from "../harness/ledger.ts";
import type { Scenario } from "../harness/scenario.ts";

const STREAMS = 250_000;

/**
 * Mutated bytes into connections of this process without sockets, which allows many more of them.
 */
export const streams: Scenario = {
  name: "streams",
  summary: "mutated byte streams into connections of each of the four ends",
  hasShortForm: false,
  needsPlain: "the mutated streams are plain ZMTP",
  async run({ isShort, random, say }) {
    const count = isShort ? STREAMS / 100 : STREAMS;
    const rows: LedgerRow[] = [];
    const faults: string[] = [];
    for (const role of FUZZ_ROLES) {
      faults.push(...(await fuzzRole(role, count, random)).map((fault) => `${role}: ${fault}`));
      rows.push(rowOf(role, count));
      say(`${role}: ${count} mutated streams`);
    }
    return { rows, faults };
  },
};

/** The ledger row: every stream or its connection reached its end. Everything else is a fault. */
function rowOf(subscriber: string, streams: number): LedgerRow {
  const sums = { published: streams, delivered: streams, replayed: 0, announced: 0 };
  return { subscriber, ...sums, silent: 0, duplicates: 0, disordered: 0, note: "streams" };
}
