import { EtcdRig } from "../harness/etcd_rig.ts";
import type { Scenario, ScenarioContext } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

const CUTS = 100;

/** A fault, after which events arrive again. */
type Fault = (rig: EtcdRig, context: ScenarioContext) => Promise<void>;

const killEachMember: Fault = async (rig, { random }) => {
  for (const member of rig.etcd.members) {
    await sleep(random.between(100, 500));
    await member.kill();
    await rig.flows("a member was killed");
    member.restart();
    await rig.etcd.ready();
  }
};

const moveLeader: Fault = async (rig) => {
  for (let round = 0; round < rig.etcd.members.length; round++) {
    const states = await Promise.all(rig.etcd.members.map((member) => rig.stateOf(member)));
    const from = states.find(({ id, leader }) => id === leader);
    const to = states.find(({ id, leader }) => id !== leader);
    await rig.ctl(["move-leader", (to?.id ?? 0n).toString(16)], from?.member);
    await rig.flows("the leader was moved");
  }
};

const loseQuorum: Fault = async (rig, { random }) => {
  const [first, second] = rig.etcd.members;
  await Promise.all([first?.kill(), second?.kill()]);
  await sleep(random.between(1_000, 4_000));
  first?.restart();
  second?.restart();
  await rig.etcd.ready();
  await rig.flows("the quorum was lost");
};

const compactWhileAway: Fault = async (rig) => {
  const earlier = rig.far.record.announcements.length;
  rig.cut(true);
  await sleep(1_500);
  await rig.ctl(["compact", String(await rig.revision())]);
  await sleep(500);
  rig.cut(false);
  const isAnnounced = () =>
    rig.far.record.announcements.slice(earlier).some(({ kind }) => kind === "sync");
  await until(isAnnounced, { what: "a sync for the compacted events" });
  await rig.flows("etcd was compacted while a subscriber was away");
};

const invalidateTokens: Fault = async (rig) => {
  // The rig's tokens also expire one second after their last use, which other faults meet.
  await rig.ctl(["auth", "disable"]);
  await rig.ctl(["auth", "enable"]);
  rig.cut(true);
  await sleep(300);
  rig.cut(false);
  await rig.flows("all tokens were invalidated");
};

const fillStorage: Fault = async (rig) => {
  const reason = await rig.fill();
  if (!/storage is full|space exceeded/.test(reason)) throw new Error(`not full: ${reason}`);
  await sleep(1_000);
  await rig.makeRoom();
  await rig.flows("the storage was full");
};

const cutStreams: Fault = async (rig, { random, say }) => {
  for (let round = 1; round <= CUTS; round++) {
    await sleep(random.between(0, 100));
    rig.cut(true);
    await sleep(random.between(0, 100));
    rig.cut(false);
    await rig.flows(`the streams were cut ${round} times`);
    if (round % 20 === 0) say(`${round} of ${CUTS} cuts`);
  }
};

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["each member is killed", killEachMember],
  ["the leader moves", moveLeader],
  ["the quorum is lost and comes back", loseQuorum],
  ["etcd is compacted while a subscriber is away", compactWhileAway],
  ["all tokens become invalid", invalidateTokens],
  ["the storage is full, until an administrator makes room", fillStorage],
  ["the streams of a subscriber are cut", cutStreams],
];

/** Faults of etcd as the bus. */
export const etcd: Scenario = {
  name: "etcd",
  summary:
    "three members of etcd as the bus and database: members, leader, quorum, history, tokens, storage or connections are lost",
  hasShortForm: false,
  async run(context) {
    await using rig = await EtcdRig.create();
    await rig.flows("the start");
    for (const [name, fault] of FAULTS) {
      await fault(rig, context);
      context.say(name);
    }
    return { rows: await rig.finish() };
  },
};
