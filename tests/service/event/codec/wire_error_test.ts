import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { excerpt, WireError } from "../../../../service/event/codec/wire_error.ts";
import { oldString } from "./support.ts";

Deno.test("excerpt keeps a short text whole, quoted and on one line", () => {
  assert.equal(excerpt('a "b"\n'), String.raw`"a \"b\"\n"`);
});

Deno.test("excerpt has at most 40 characters, whatever a peer sends", () => {
  for (const unit of ["x", "\u0000", '"', "端", "\ud800"]) {
    const shown = excerpt(unit.repeat(5000));
    assert.ok(shown.length <= 40, shown);
    assert.ok(shown.includes("…"), shown);
  }
});

Deno.test("WireError states what failed, the value and the expectation, and nothing else of the payload", () => {
  const secret = "s3cret ".repeat(100);
  assert.throws(() => decodeUpdate(oldString(`{"value": ${secret}`), "D"), (thrown) => {
    assert.ok(thrown instanceof WireError);
    assert.equal(thrown.name, "WireError");
    assert.match(thrown.message, /^Payload "json": .* wanted one JSON object$/);
    assert.ok(thrown.message.length < 100, thrown.message);
    return thrown.cause instanceof SyntaxError;
  });
});
