import assert from "node:assert/strict";
import { denoVersionIn } from "../../packaging/base_binary.ts";
import { compileOptions } from "../../packaging/compile.ts";
import { elfMachineOf, targetOf } from "../../packaging/targets.ts";

Deno.test("targetOf is this platform, when none is named", () => {
  assert.equal(targetOf().triple, Deno.build.target);
});

Deno.test("targetOf lists the known platforms, when an unknown one is requested", () => {
  assert.throws(() => targetOf("x86_64-apple-darwin"), {
    name: "RangeError",
    message: /"x86_64-apple-darwin": wanted x86_64-unknown-linux-gnu or aarch64-/,
  });
});

Deno.test("elfMachineOf reads the platform of an executable", async () => {
  using file = await Deno.open(Deno.execPath());
  const own = new Uint8Array(4096);
  await file.read(own);
  assert.equal(elfMachineOf(own), targetOf().elfMachine);
  assert.equal(elfMachineOf(new TextEncoder().encode("#!/bin/sh\necho no ELF file\n")), undefined);
  assert.equal(elfMachineOf(own.subarray(0, 8)), undefined);
});

Deno.test("denoVersionIn finds the version in a base binary", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.equal(denoVersionIn(bytes("xxDeno/xDeno/2.4.2Deno/")), "2.4.2");
  assert.equal(denoVersionIn(bytes("nothing of the kind")), undefined);
});

Deno.test("compileOptions writes below dist/, by platform when one is named", () => {
  assert.match(compileOptions([]).output, /\/dist\/df-pubsub$/);
  const arm64 = compileOptions(["--target", "aarch64-unknown-linux-gnu"]);
  assert.match(arm64.output, /\/dist\/df-pubsub-arm64$/);
  assert.equal(compileOptions(["--output", "/x/y"]).output, "/x/y");
});
