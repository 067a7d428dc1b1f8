import assert from "node:assert/strict";
import { connectionReason } from "../../../drivers/_internal/connection_reasons.ts";

Deno.test("connectionReason is the same, however a runtime says that the peer has closed", () => {
  const texts = [
    "connection closed before message completed",
    "stream closed because of a broken pipe",
    "write EPIPE",
    "read ECONNRESET",
    "Connection reset by peer (os error 104)",
  ];
  for (const text of texts) {
    assert.equal(connectionReason(text), "it closed the connection without an answer", text);
  }
});

Deno.test("connectionReason is undefined, when a text explains nothing", () => {
  assert.equal(connectionReason("something else"), undefined);
});
