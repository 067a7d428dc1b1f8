import assert from "node:assert/strict";
import { placeOf } from "../../../service/fleet/service_place.ts";

const ADDRESS = "tcp://192.0.2.10:8866";
const placed = (pages: string | undefined, address = ADDRESS) =>
  placeOf({ id: "a", pages }, address, { token: "secret" });

for (const pages of [undefined, "nonsense", "ftp://192.0.2.10/", "file:///etc/passwd"]) {
  Deno.test(`placeOf is undefined, when the pages are "${pages}"`, () => {
    assert.equal(placed(pages), undefined);
  });
}

Deno.test("placeOf uses the publisher's host, when its pages listen on any address", () => {
  assert.equal(placed("http://0.0.0.0:8868")?.pages.href, "http://192.0.2.10:8868/");
  assert.equal(
    placed("http://[::]:8868", "tcp://[2001:db8::1]:8866")?.pages.host,
    "[2001:db8::1]:8868",
  );
});

Deno.test("placeOf knows the publisher's host, when its address has TLS or is not written as in a URL", () => {
  for (
    const [pages, address] of [
      ["http://0.0.0.0:8868", "tls://192.0.2.10:8867"],
      ["http://192.0.2.10:8868", "tls://192.0.2.10:8867"],
      ["http://[2001:db8::1]:8868", "tcp://[2001:DB8::1]:8866"],
      ["http://controller-1:8868", "tcp://Controller-1:8866"],
    ] as const
  ) {
    const place = placed(pages, address);
    assert.notEqual(place?.pages.hostname, "127.0.0.1");
    assert.equal(place?.token, "secret", address);
  }
});

Deno.test("placeOf sends the token only to the publisher's own host, whatever the row announces", () => {
  const tokens = [
    "http://192.0.2.10:1",
    "http://0.0.0.0:1",
    "http://192.0.2.11:1",
    "http://127.0.0.1:1",
  ]
    .map((pages) => placed(pages)?.token);
  assert.deepEqual(tokens, ["secret", "secret", undefined, undefined]);
});
