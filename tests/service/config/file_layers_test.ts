import assert from "node:assert/strict";
import * as fixture from "./config_fixture.ts";
import { load, problemsOf } from "./config_fixture.ts";

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part
    ),
  );

Deno.test("loadConfig reports file, line and byte, when a file is not UTF-8", async () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const content = bytes(
      `[df]${end}`,
      [0xc3, 0xbc],
      ` = a${end}local_ip = Z`,
      [0xfc],
      `rich${end}`,
    );
    assert.deepEqual(await problemsOf({ on: { "a.ini": content } }), [
      "a.ini:3: invalid UTF-8 at byte 13 of the line",
    ]);
  }
  const cut = bytes("[df]\nlocal_ip = ", [0xc3]);
  assert.deepEqual(await problemsOf({ on: { "a.ini": cut } }), [
    "a.ini:2: invalid UTF-8 at byte 12 of the line",
  ]);
});

Deno.test("loadConfig reports file, line and byte, when a file contains a NUL", async () => {
  assert.deepEqual(await problemsOf({ on: { "a.ini": "[df]\nlocal_ip = a\0b\n" } }), [
    "a.ini:2: NUL byte, wanted text, at byte 13 of the line",
  ]);
});

Deno.test("loadConfig reports the encoding, when a file is UTF-16", async () => {
  for (const mark of [[0xff, 0xfe], [0xfe, 0xff]]) {
    assert.deepEqual(await problemsOf({ on: { "a.ini": bytes(mark, [0x5b, 0]) } }), [
      "a.ini:1: is UTF-16, wanted UTF-8",
    ]);
  }
});

Deno.test("loadConfig reads a file, when it has a byte order mark and Windows line ends", async () => {
  const content = "\ufeff[df]\r\nlocal_ip = Zürich\r\npublisher_port = 1\r\n";
  const config = await load({ on: { "a.ini": content } });
  assert.equal(config.get(fixture.address), "Zürich");
  assert.equal(config.get(fixture.port), 1);
});
