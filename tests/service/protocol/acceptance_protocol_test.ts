import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  decodeAcceptanceAnswer,
  decodeAcceptanceRequest,
  encodeAcceptanceAnswer,
  encodeAcceptanceRequest,
  MAX_WAIT_MS,
} from "../../../service/protocol/acceptance_protocol.ts";
import { WireError } from "../../../service/event/codec/wire_error.ts";
import { writeDocument } from "../../../service/protocol/wire_document.ts";

const publisher = randomUUID();
const request = { publisher, wanted: 2 ** 40, waitMs: 1_000 };
const answer = { service: 1_462_548_000_000_123, accepted: 7, refused: 0, count: 3 };

Deno.test("an acceptance request and its answer come out as they went in", () => {
  assert.deepEqual(decodeAcceptanceRequest(encodeAcceptanceRequest(request)), request);
  assert.deepEqual(decodeAcceptanceAnswer(encodeAcceptanceAnswer(answer)), answer);
});

Deno.test("decodeAcceptanceRequest bounds the wait, and encoding makes whole milliseconds", () => {
  const waits = [2 ** 50, 0.2].map((waitMs) =>
    decodeAcceptanceRequest(encodeAcceptanceRequest({ ...request, waitMs })).waitMs
  );
  assert.deepEqual(waits, [MAX_WAIT_MS, 1]);
});

Deno.test("decodeAcceptanceRequest and -Answer refuse what is none", () => {
  const bad = [
    new Uint8Array(),
    new TextEncoder().encode("acceptance"),
    writeDocument({}),
    writeDocument({ acceptance: 2, publisher, wanted: 1, wait: 1, service: 1, accepted: 1 }),
    writeDocument({ acceptance: 1, publisher: "p", wanted: 1, wait: 1, service: 0, accepted: 1 }),
    writeDocument({ acceptance: 1, publisher, wanted: -1, wait: 1, service: 1, accepted: -1 }),
    new Uint8Array([...encodeAcceptanceRequest(request), 0xc0]),
  ];
  for (const octets of bad) {
    assert.throws(() => decodeAcceptanceRequest(octets), WireError);
    assert.throws(() => decodeAcceptanceAnswer(octets), WireError);
  }
});
