import type { DemoProcess } from "./process.ts";
import { freePorts, type Stage } from "./stage.ts";

const MEMBERS = 3;
const START_MS = 30_000;
const POLL_MS = 100;

/** Three members of etcd, as an operator would run them on three machines. */
export interface EtcdServers {
  /** `host:port` of each member. */
  readonly hosts: readonly string[];
  /** The index of the member that leads, once the others agree on one that runs. */
  leader(): Promise<number>;
  /** Kills a member as a crash would, and waits until it is gone. */
  kill(index: number): Promise<void>;
  /** Starts a killed member again, with its data. */
  restart(index: number): Promise<void>;
}

interface Member {
  readonly name: string;
  readonly command: readonly string[];
  readonly url: string;
  process: DemoProcess | undefined;
}

/** Starts the members on free ports of the loopback, and waits until they have a leader. */
export async function startEtcdServers(stage: Stage, directory: string): Promise<EtcdServers> {
  const members = membersIn(directory);
  for (const member of members) member.process = stage.other(member.name, member.command);
  const leader = async () => {
    const deadline = performance.now() + START_MS;
    while (performance.now() < deadline) {
      const seen = await Promise.all(members.filter((each) => each.process).map(statusOf));
      const leaders = new Set(seen.map((each) => each?.leader));
      const [id] = leaders;
      const index = members.findIndex(({ url }) => seen.some((s) => s?.url === url && s.id === id));
      if (leaders.size === 1 && id !== undefined && index >= 0) return index;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error("etcd has no leader");
  };
  await leader();
  return {
    hosts: members.map(({ url }) => url.replace("http://", "")),
    leader,
    async kill(index) {
      const member = members[index];
      member?.process?.kill("SIGKILL");
      await member?.process?.ended();
      if (member !== undefined) member.process = undefined;
    },
    async restart(index) {
      const member = members[index];
      if (member !== undefined) member.process = stage.other(member.name, member.command);
      await leader();
    },
  };
}

function membersIn(directory: string): Member[] {
  const ports = freePorts(2 * MEMBERS);
  const urlOf = (at: number) => `http://127.0.0.1:${ports[at]}`;
  const names = Array.from({ length: MEMBERS }, (_, at) => `etcd-${at + 1}`);
  const cluster = names.map((name, at) => `${name}=${urlOf(MEMBERS + at)}`).join(",");
  return names.map((name, at) => {
    const [client, peer] = [urlOf(at), urlOf(MEMBERS + at)];
    const command = [
      ...["etcd", "--name", name, "--data-dir", `${directory}/${name}`, "--log-level", "error"],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", cluster, "--logger", "zap"],
    ];
    return { name, command, url: client, process: undefined };
  });
}

/** What a member says of itself and of the leader; undefined if it does not answer. */
async function statusOf({ url }: Member): Promise<
  { readonly url: string; readonly id: string; readonly leader: string } | undefined
> {
  try {
    const signal = AbortSignal.timeout(1_000);
    const response = await fetch(`${url}/v3/maintenance/status`, {
      method: "POST",
      body: "{}",
      signal,
    });
    const { header, leader } = await response.json();
    return leader === undefined ? undefined : { url, id: header.member_id, leader };
  } catch {
    return undefined;
  }
}
