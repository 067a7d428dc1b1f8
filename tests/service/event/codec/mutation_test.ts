import { encode } from "@msgpack/msgpack";
import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { PayloadChecker } from "../../../../service/event/codec/payload_checker.ts";
import { StampWriter } from "../../../../service/event/codec/stamp_writer.ts";
import { WireError, type WireErrorCode } from "../../../../service/event/codec/wire_error.ts";
import { WIRE_FORMATS } from "../../../../service/event/codec/wire_fields.ts";
import { type DbUpdate, dbUpdate } from "../../../../service/event/db_update.ts";
import captured from "../../../data/wire_vectors.json" with { type: "json" };
import { Random, randomValue } from "./random_documents.ts";
import { referenceOpinion } from "./reference_judge.ts";
import { codeOf, GOOD_DOCUMENT, hex, ORIGIN, wirePart } from "./support.ts";

/** `deno task faults` runs 100,000 rounds. */
const ROUNDS = Number(Deno.env.get("DF_FUZZ_ROUNDS") ?? 20_000);
const SEED = Number(Deno.env.get("DF_FUZZ_SEED") ?? 20160510);

/** Headers and texts whose position in a document matters. */
const TELLING = hex(
  "c0 c1 c4 c7 ca cb cf d3 d4 d9 da db dc dd de df 80 90 a0 bf ff ed 7b 22 5c 2c",
);

/**
 * The captured payloads, and documents with many kinds of values, from our encoder and from the
 * library.
 */
function corpus(random: Random): Uint8Array[] {
  const payloads = captured.vectors.map((vector) => hex(vector.frames[1] ?? ""));
  for (let i = 0; i < 40; i++) {
    const document = { ...GOOD_DOCUMENT, value: randomValue(random, 3), extra: [i, { i: -i }] };
    payloads.push(encode(document));
    for (const format of WIRE_FORMATS) {
      payloads.push(encodeUpdate(dbUpdate(document), format));
      payloads.push(encodeUpdate({ ...dbUpdate(document), origin: ORIGIN }, format));
    }
  }
  return payloads.filter((payload) => payload.length < 4000);
}

type Mutation = (payload: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

function replaced(payload: Uint8Array, random: Random, byte: number): Uint8Array {
  const copy = payload.slice();
  copy[random.below(copy.length)] = byte;
  return copy;
}

function inserted(payload: Uint8Array, at: number, bytes: Iterable<number>): Uint8Array {
  return Uint8Array.from([...payload.subarray(0, at), ...bytes, ...payload.subarray(at)]);
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(payload, random) {
    const copy = payload.slice();
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  (payload, random) => replaced(payload, random, random.below(256)),
  (payload, random) => replaced(payload, random, random.pick([...TELLING])),
  (payload, random) => replaced(payload, random, 0x30 + random.below(10)),
  function truncate(payload, random) {
    return payload.slice(0, random.below(payload.length));
  },
  function insert(payload, random) {
    const bytes = Array.from({ length: 1 + random.below(4) }, () => random.below(256));
    return inserted(payload, random.below(payload.length + 1), bytes);
  },
  function remove(payload, random) {
    const at = random.below(payload.length);
    return Uint8Array.from([...payload.subarray(0, at), ...payload.subarray(at + 1)]);
  },
  function splice(payload, random, other) {
    const kept = payload.subarray(0, random.below(payload.length));
    return Uint8Array.from([...kept, ...other.subarray(random.below(other.length))]);
  },
  function graft(payload, random, other) {
    const from = random.below(other.length);
    const piece = other.subarray(from, from + random.below(40));
    return inserted(payload, random.below(payload.length + 1), piece);
  },
];

function mutate(payload: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let mutant = payload;
  const times = 1 + random.below(2);
  for (let i = 0; i < times && mutant.length > 0; i++) {
    mutant = random.pick(MUTATIONS)(mutant, random, random.pick(others));
  }
  return mutant;
}

function decodeOrCode(payload: Uint8Array): DbUpdate | WireErrorCode {
  try {
    return decodeUpdate(payload, "D", { timestamp: 0 });
  } catch (thrown) {
    if (thrown instanceof WireError) return thrown.code;
    throw thrown;
  }
}

/** When the reference has a verdict, ours is the same: a refusal, or the same event. */
function assertLikeReference(payload: Uint8Array, outcome: DbUpdate | WireErrorCode): void {
  const opinion = referenceOpinion(payload);
  if (opinion === null) return;
  const ours = typeof outcome === "string" ? "refuse" : { event: wirePart(outcome) };
  assert.deepEqual(ours, opinion);
}

/** An accepted event can be stamped, whatever stamp it had, and is still the same event. */
function assertStampable(payload: Uint8Array, stampOffset: number, update: DbUpdate): void {
  const writer = new StampWriter(ORIGIN.publisher, ORIGIN.epoch);
  const stamped = new Uint8Array(writer.plan(payload, stampOffset));
  writer.write(payload, stamped, 0, ORIGIN.seq, ORIGIN.sentAt);
  assert.deepEqual(decodeUpdate(stamped, "D", { timestamp: 0 }), { ...update, origin: ORIGIN });
}

/** An accepted update can be sent again in both formats, and arrives unchanged. */
function assertSendable(update: DbUpdate): void {
  for (const format of WIRE_FORMATS) {
    const again = encodeUpdate(update, format);
    assert.deepEqual(decodeUpdate(again, "D", { timestamp: 0 }), update);
  }
}

Deno.test(`${ROUNDS} mutated payloads are refused or read correctly, seed ${SEED}`, () => {
  const random = new Random(SEED);
  const payloads = corpus(random);
  const checker = new PayloadChecker();
  const outcomes = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const payload = mutate(random.pick(payloads), random, payloads);
    try {
      const outcome = decodeOrCode(payload);
      const code = typeof outcome === "string" ? outcome : null;
      assert.equal(codeOf(() => checker.check(payload)), code, "checker and decoder differ");
      assertLikeReference(payload, outcome);
      if (typeof outcome !== "string") {
        assertSendable(outcome);
        assertStampable(payload, checker.stampOffset, outcome);
      }
      outcomes.set(code ?? "accepted", (outcomes.get(code ?? "accepted") ?? 0) + 1);
    } catch (cause) {
      const bytes = Array.from(payload, (byte) => byte.toString(16).padStart(2, "0")).join("");
      throw new Error(`Mutant "${bytes}" of round ${round}, seed ${SEED}: failed`, { cause });
    }
  }
  console.log(`seed ${SEED}:`, Object.fromEntries([...outcomes].sort()));
  assertVaried(outcomes);
});

/** Guards against a fuzz test that reaches little code. */
function assertVaried(outcomes: ReadonlyMap<string, number>): void {
  const wanted = ["accepted", "TRUNCATED", "TRAILING_BYTES", "INVALID_UTF8", "FIELD_MISSING"];
  wanted.push("FIELD_MISTYPED", "JSON_INVALID", "NOT_AN_EVENT");
  for (const outcome of wanted) assert.ok((outcomes.get(outcome) ?? 0) > 100, `${outcome} is rare`);
}
