import assert from "node:assert/strict";
import type { DriverError } from "../../../drivers/contract/errors.ts";
import {
  readPagesToken,
  sendsTokenInClear,
  type TokenFiles,
} from "../../../service/config/pages_token.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";

const TOKEN = "0123456789abcdef";

function files(text: string): TokenFiles {
  return {
    readFile: () => Promise.resolve(new TextEncoder().encode(text)),
    requireRegularFile: (path) =>
      path === "/pipe" ? Promise.reject(new TypeError("not a regular file")) : Promise.resolve(),
  };
}

async function read(settings: Record<string, string>, text = TOKEN) {
  return await readPagesToken(await effectiveSettings(settings), files(text));
}

Deno.test("readPagesToken requires no token, when the address is a loopback, or pages or page are off", async () => {
  for (const address of ["127.0.0.1:1", "127.0.0.2:1", "[::1]:1", "localhost:1", ""]) {
    assert.equal(await read({ "df.http_address": address }), undefined, address);
  }
  assert.equal(await read({ "df.http_address": "*:1", "df.http_page": "False" }), undefined);
});

Deno.test("readPagesToken names the option to set, when other hosts could read the page without a token", async () => {
  for (const address of ["*:1", "0.0.0.0:1", "[::]:1", "192.0.2.1:1", "node-1:1"]) {
    await assert.rejects(read({ "df.http_address": address }), (error: Error) => {
      assert.equal((error as DriverError).code, "CONFIG_INVALID");
      const place = "--set: [df] http_address: ";
      assert(error.message.startsWith(`${place}"${address}": `), error.message);
      assert.match(
        error.message,
        /set \[df\] http_token_file or, for client certificates, .*; or set \[df\] http_page = false /,
      );
      return true;
    });
  }
});

Deno.test("readPagesToken reads a token with or without a final newline, when the address is not a loopback", async () => {
  for (const address of ["*:1", "127.0.0.1:1"]) {
    const settings = { "df.http_address": address, "df.http_token_file": "/token" };
    for (const end of ["", "\n", "\r\n"]) assert.equal(await read(settings, TOKEN + end), TOKEN);
  }
});

Deno.test("readPagesToken reports the file without its content, when the file has no valid token", async () => {
  const settings = { "df.http_token_file": "/token" };
  for (const text of ["", TOKEN.slice(1), `${TOKEN}\n\n`, `${TOKEN} ${TOKEN}`, "é".repeat(16)]) {
    await assert.rejects(read(settings, text), (error: Error) => {
      assert.match(
        error.message,
        /^--set: \[df\] http_token_file: "\/token": not a token: wanted one line/,
      );
      assert.equal((error as DriverError).code, "FILE_UNUSABLE");
      return text === "" || !error.message.includes(text.trim());
    });
  }
  await assert.rejects(
    read({ "df.http_token_file": "/pipe" }),
    /http_token_file: cannot read "\/pipe": not a regular file/,
  );
});

for (
  const [options, expected] of [
    [{}, true],
    [{ "df.http_tls_ca_file": "/ca" }, false],
    [{ "df.http_tls_ca_file": "/ca", "df.http_address": "*:8868" }, true],
    [{ "df.http_tls_cert_file": "/crt", "df.http_address": "*:8868" }, false],
  ] as const
) {
  Deno.test(`sendsTokenInClear is ${expected}, when the options are ${JSON.stringify(options)}`, async () => {
    assert.equal(sendsTokenInClear(await effectiveSettings(options)), expected);
  });
}
