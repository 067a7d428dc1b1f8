import assert from "node:assert/strict";
import { HttpConnections, type PlacedConnection } from "../../../cli/serve/http_connections.ts";

const LIMITS = { max: 4, maxPerAddress: 2, minAgeMs: 10 };

class Fixture {
  readonly connections = new HttpConnections(LIMITS);
  readonly closed: string[] = [];
  now = 0;

  /** A name is an address and a number: `a1`. */
  add(name: string, isBusy = false): number {
    const placed: PlacedConnection = {
      address: name.slice(0, 1),
      since: this.now,
      isBusy,
      close: () => this.closed.push(name),
    };
    return this.connections.add(placed, this.now);
  }
}

Deno.test("HttpConnections closes the oldest idle connection of an address, when the address has its share", () => {
  const fixture = new Fixture();
  for (const name of ["b1", "a1", "a2", "a3", "a4"]) {
    assert.equal(fixture.add(name), 0);
    fixture.now += 10;
  }
  assert.deepEqual(fixture.closed, ["a1", "a2"]);
});

Deno.test("HttpConnections closes the oldest idle connection of the address with the most, when all places are used", () => {
  const fixture = new Fixture();
  for (const name of ["a1", "b1", "b2", "c1"]) fixture.add(name);
  fixture.now = 10;
  assert.equal(fixture.add("d1"), 0);
  assert.deepEqual(fixture.closed, ["b1"]);
  assert.equal(fixture.add("e1"), 0);
  assert.deepEqual(fixture.closed, ["b1", "a1"]);
});

Deno.test("HttpConnections closes no busy connection, and refuses when all are busy", () => {
  const fixture = new Fixture();
  fixture.add("a1", true);
  fixture.add("a2");
  fixture.now = 10;
  fixture.add("a3", true);
  assert.deepEqual(fixture.closed, ["a2"]);
  assert.equal(fixture.add("a4"), Infinity);
  fixture.add("b1", true);
  fixture.add("c1", true);
  assert.equal(fixture.add("d1"), Infinity);
  assert.deepEqual(fixture.closed, ["a2"]);
});

Deno.test("HttpConnections returns how long to wait, when the oldest idle connection is new", () => {
  const fixture = new Fixture();
  fixture.add("a1");
  fixture.now = 7;
  fixture.add("a2");
  assert.equal(fixture.add("a3"), 3);
  assert.deepEqual(fixture.closed, []);
  fixture.now = 10;
  assert.equal(fixture.add("a3"), 0);
  assert.deepEqual(fixture.closed, ["a1"]);
});

Deno.test("HttpConnections has room again, when a connection is removed", () => {
  const { connections } = new Fixture();
  const place = () => ({ address: "a", since: 0, isBusy: true, close: () => {} });
  const first = place();
  assert.deepEqual([connections.add(first, 99), connections.add(place(), 99)], [0, 0]);
  assert.equal(connections.add(place(), 99), Infinity);
  connections.remove(first);
  assert.equal(connections.add(place(), 99), 0);
});
