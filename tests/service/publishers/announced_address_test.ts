import assert from "node:assert/strict";
import { advertisedUri } from "../../../service/publishers/advertised_uri.ts";
import {
  AnnouncedAddress,
  type HostAddresses,
} from "../../../service/publishers/announced_address.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

interface Case {
  readonly bindAddress: string;
  readonly boundHost?: string;
  readonly managementIp?: string;
  readonly isSeenByOthers?: boolean;
}

const OWN = ["127.0.0.1", "10.0.0.1", "fd00::1"];

function setUp(
  { bindAddress, boundHost = "0.0.0.0", managementIp = "10.0.0.1", isSeenByOthers = true }: Case,
) {
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const names = new Map([["ours.example.com", ["10.0.0.1"]], ["theirs.example.com", ["10.0.0.9"]]]);
  let lookups = 0;
  const addresses: HostAddresses = {
    resolve: (name) => {
      lookups++;
      return Promise.resolve(names.get(name) ?? []);
    },
    isOwn: (address) => OWN.includes(address),
  };
  const boundAddress = `tcp://${boundHost}:8866`;
  const announced = advertisedUri({
    transport: "tcp",
    bindAddress,
    boundAddress,
    port: 8866,
    managementIp,
  });
  const address = new AnnouncedAddress({
    announced,
    boundAddress,
    isSeenByOthers,
    addresses,
    clock,
    log,
  });
  return { address, names, clock, log, lookups: () => lookups };
}

async function verdictOn(on: Case): Promise<string | undefined> {
  const { address } = setUp(on);
  await address.check();
  const { fault, warning } = address.verdict;
  return fault === undefined ? warning && `warning: ${warning}` : `fault: ${fault}`;
}

const CASES: readonly (readonly [Case, string | undefined])[] = [
  [{ bindAddress: "*" }, undefined],
  [{ bindAddress: "*", managementIp: "ours.example.com" }, undefined],
  [{ bindAddress: "10.0.0.1", boundHost: "10.0.0.1" }, undefined],
  [{ bindAddress: "::", boundHost: "[::]" }, undefined],
  [{ bindAddress: "::", boundHost: "[::]", managementIp: "fd00::1" }, undefined],
  [{ bindAddress: "*", managementIp: "127.0.0.1", isSeenByOthers: false }, undefined],
  [
    { bindAddress: "*", managementIp: "127.0.0.1" },
    "warning: only this host can reach it: set [df] management_ip",
  ],
  [
    { bindAddress: "lo", boundHost: "127.0.0.1" },
    "warning: only this host can reach it: set [df] publisher_bind_address",
  ],
  [
    { bindAddress: "*", managementIp: "192.0.2.7" },
    "warning: this host does not have the address: " +
    "set [df] management_ip, unless connections are forwarded",
  ],
  [
    { bindAddress: "*", managementIp: "theirs.example.com" },
    "warning: this host does not have the address: " +
    "set [df] management_ip, unless connections are forwarded",
  ],
  [
    { bindAddress: "127.0.0.1", boundHost: "127.0.0.1" },
    'fault: the service listens on 127.0.0.1 only: set [df] publisher_bind_address to "*"',
  ],
  [
    { bindAddress: "10.0.0.2", boundHost: "10.0.0.2" },
    "fault: the service listens there, but this host no longer has the address",
  ],
  [
    { bindAddress: "*", managementIp: "fd00::1" },
    'fault: the service listens on IPv4 only: set [df] publisher_bind_address to "::"',
  ],
  [
    { bindAddress: "*", managementIp: "nobody.example.com" },
    'fault: "nobody.example.com" does not resolve: set [df] management_ip',
  ],
];

for (const [on, wanted] of CASES) {
  Deno.test(`AnnouncedAddress.check says ${wanted}, of ${JSON.stringify(on)}`, async () => {
    assert.equal(await verdictOn(on), wanted);
  });
}

Deno.test("AnnouncedAddress.check resolves a name every ten seconds, and logs changes", async () => {
  const { address, names, clock, log, lookups } = setUp({
    bindAddress: "*",
    managementIp: "late.example.com",
  });
  await Promise.all([address.check(), address.check()]);
  assert.equal(lookups(), 1);
  assert.match(address.verdict.fault ?? "", /does not resolve/);
  names.set("late.example.com", ["10.0.0.1"]);
  await clock.advance(9_999);
  await address.check();
  assert.equal(lookups(), 1);
  await clock.advance(1);
  await address.check();
  assert.equal(address.verdict.fault, undefined);
  assert.equal(log.messages("warn").length, 1);
  const again = "tcp://late.example.com:8866 can be reached again";
  assert.deepEqual(log.messages("info"), [again]);
  for (const ip of ["10.0.0.9", "10.0.0.9", "10.0.0.1"]) {
    names.set("late.example.com", [ip]);
    await clock.advance(10_000);
    await address.check();
  }
  assert.equal(log.messages("warn").length, 2);
  assert.deepEqual(log.messages("info"), [again, again]);
});
