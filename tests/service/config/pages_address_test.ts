import assert from "node:assert/strict";
import { pagesAddress, pagesUrl } from "../../../service/config/pages_address.ts";
import { httpAddress } from "../../../service/config/options/observability.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";

Deno.test("pagesAddress is the option's address, and has any free port, when the publisher has any free port", async () => {
  const cases: readonly (readonly [Record<string, string>, string | undefined, number?])[] = [
    [{}, "127.0.0.1", 8868],
    [{ "df.publisher_port": "0" }, "127.0.0.1", 0],
    [{ "df.publisher_port": "0", "df.http_address": "127.0.0.1:8868" }, "127.0.0.1", 8868],
    [{ "df.http_address": "*:9000" }, "0.0.0.0", 9000],
    [{ "df.http_address": "[::1]:9000" }, "::1", 9000],
    [{ "df.http_address": "node-1.example.org:0" }, "node-1.example.org", 0],
    [{ "df.http_address": "" }, undefined],
  ];
  for (const [settings, hostname, port] of cases) {
    const at = pagesAddress(await effectiveSettings(settings));
    const wanted = hostname === undefined ? undefined : { hostname, port };
    assert.deepEqual(at, wanted, JSON.stringify(settings));
  }
});

Deno.test("pagesUrl is where this host asks its own service", async () => {
  const cases: readonly (readonly [Record<string, string>, string | undefined])[] = [
    [{}, "http://127.0.0.1:8868/"],
    [{ "df.http_tls_cert_file": "/x" }, "https://127.0.0.1:8868/"],
    [{ "df.http_address": "*:9000" }, "http://127.0.0.1:9000/"],
    [{ "df.http_address": "[::]:9000" }, "http://[::1]:9000/"],
    [{ "df.http_address": "node-1.example.org:9000" }, "http://node-1.example.org:9000/"],
    [{ "df.http_address": "[fe80::1%eth0]:9000" }, undefined],
    [{ "df.publisher_port": "0" }, undefined],
    [{ "df.http_address": "" }, undefined],
  ];
  for (const [settings, url] of cases) {
    assert.equal(pagesUrl(await effectiveSettings(settings))?.href, url, JSON.stringify(settings));
  }
});

Deno.test("http_address accepts a host and a port, or an empty text", () => {
  for (const text of ["", "127.0.0.1:0", "[fe80::1%eth0]:65535", "*:1", "localhost:8868"]) {
    assert.equal(httpAddress.type.parse(text), text);
  }
  for (const text of ["127.0.0.1", ":8868", "8868", "a:65536", "::1:80", "http://a:80", "a:80 "]) {
    assert.equal(httpAddress.type.parse(text), undefined, text);
  }
});
