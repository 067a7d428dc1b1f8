import assert from "node:assert/strict";
import { ReplayRing } from "../../../service/publish/replay_ring.ts";
import { Random } from "../event/codec/random_documents.ts";

const ALWAYS = () => true;

function keep(ring: ReplayRing, position: number, size: number): boolean {
  const octets = ring.reserve(size);
  octets?.fill(position % 251);
  if (octets !== undefined) ring.commit(octets, position);
  return octets !== undefined;
}

function assertWhole(ring: ReplayRing, sizes: ReadonlyMap<number, number>): void {
  for (let position = ring.first; position <= ring.last && position > 0; position++) {
    const event = ring.event(position);
    assert.equal(event?.length, sizes.get(position));
    assert(event?.every((octet) => octet === position % 251), `event ${position} was overwritten`);
  }
}

Deno.test("ReplayRing keeps the latest events whole and in order, whatever their sizes", () => {
  const random = new Random(20160510);
  for (let round = 0; round < 200; round++) {
    const bounds = { events: 1 + random.below(40), octets: 50 + random.below(9000) };
    const ring = new ReplayRing(
      bounds,
      random.below(3) === 0 ? () => random.below(2) === 0 : ALWAYS,
    );
    const sizes = new Map<number, number>();
    for (let position = 1; position <= 120; position++) {
      sizes.set(position, 1 + random.below(random.below(4) === 0 ? bounds.octets : 60));
      const isKept = keep(ring, position, sizes.get(position) ?? 0);
      // Reserved and not sent: it may cost old events, and no new one.
      if (random.below(5) === 0) ring.reserve(1 + random.below(60));
      assert(ring.capacity <= bounds.octets);
      assert(ring.last - ring.first < bounds.events);
      if (isKept && ring.last > 0) assert.equal(ring.last, position);
      assertWhole(ring, sizes);
    }
  }
});

Deno.test("ReplayRing holds as many events as it may, when octets are plenty", () => {
  const ring = new ReplayRing({ events: 100, octets: 1_000_000 }, ALWAYS);
  for (let position = 1; position <= 250; position++) keep(ring, position, 300);
  assert.deepEqual([ring.first, ring.last], [151, 250]);
  assert.equal(ring.event(150), undefined);
  assert.equal(ring.event(251), undefined);
});

Deno.test("ReplayRing uses nearly all its octets, when they are few", () => {
  const ring = new ReplayRing({ events: 10_000, octets: 64 * 1024 }, ALWAYS);
  for (let position = 1; position <= 2000; position++) keep(ring, position, 350);
  assert(ring.last - ring.first + 1 > 180, `${ring.last - ring.first + 1} of 187`);
});

Deno.test("ReplayRing has no storage before the first event, and grows with them", () => {
  const ring = new ReplayRing({ events: 10_000, octets: 4_194_304 }, ALWAYS);
  assert.equal(ring.capacity, 0);
  keep(ring, 1, 300);
  assert(ring.capacity > 0 && ring.capacity <= 8192);
  ring.release();
  assert.deepEqual([ring.capacity, ring.first, ring.last], [0, 0, 0]);
});

Deno.test("ReplayRing lets go of what came before, when an event is not kept", () => {
  const ring = new ReplayRing({ events: 10, octets: 1000 }, ALWAYS);
  keep(ring, 1, 100);
  assert.equal(keep(ring, 2, 1001), false);
  assert.equal(ring.last, 1);
  keep(ring, 3, 100);
  assert.deepEqual([ring.first, ring.last], [3, 3]);
});

Deno.test("ReplayRing keeps nothing, when its storage went between reserving and committing", () => {
  const ring = new ReplayRing({ events: 10, octets: 1000 }, ALWAYS);
  const octets = ring.reserve(10);
  ring.release();
  assert(octets !== undefined);
  ring.commit(octets, 1);
  assert.equal(ring.last, 0);
  assert(keep(ring, 2, 10));
  assert.deepEqual([ring.first, ring.last], [2, 2]);
});
