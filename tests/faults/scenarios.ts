import type { Scenario } from "./harness/scenario.ts";
import { accepted } from "./scenarios/accepted.ts";
import { attacks } from "./scenarios/attacks.ts";
import { clockJump } from "./scenarios/clock_jump.ts";
import { descriptors } from "./scenarios/descriptors.ts";
import { diskFull } from "./scenarios/disk_full.ts";
import { dropped } from "./scenarios/dropped.ts";
import { etcd } from "./scenarios/etcd.ts";
import { fullQueue } from "./scenarios/full_queue.ts";
import { fuzz } from "./scenarios/fuzz.ts";
import { kill } from "./scenarios/kill.ts";
import { linkCut, linkLoss } from "./scenarios/link.ts";
import { oldNode } from "./scenarios/old_node.ts";
import { outage } from "./scenarios/outage.ts";
import { publishers } from "./scenarios/publishers.ts";
import { resume } from "./scenarios/resume.ts";
import { restarts } from "./scenarios/restarts.ts";
import { rotation } from "./scenarios/rotation.ts";
import { rows } from "./scenarios/rows.ts";
import { slow } from "./scenarios/slow.ts";
import { soak } from "./scenarios/soak.ts";
import { stall } from "./scenarios/stall.ts";
import { steady } from "./scenarios/steady.ts";
import { streams } from "./scenarios/streams.ts";
import { thousand } from "./scenarios/thousand.ts";
import { topics } from "./scenarios/topics.ts";
import { twoRestarts } from "./scenarios/two_restarts.ts";

/** Every scenario, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  steady,
  dropped,
  stall,
  slow,
  fullQueue,
  oldNode,
  linkCut,
  linkLoss,
  outage,
  twoRestarts,
  accepted,
  restarts,
  rows,
  rotation,
  clockJump,
  diskFull,
  descriptors,
  attacks,
  resume,
  thousand,
  publishers,
  topics,
  fuzz,
  streams,
  kill,
  etcd,
  soak,
];
