import { Reason } from "../reason.ts";
import { explainServer } from "../tls/explain_server.ts";
import type { TlsTexts } from "../tls/tls_files.ts";
import { EtcdRefusal, explainEtcd, textOf } from "./errors.ts";

const HTTPS_PORT = 443;

/** A member that did not answer, and what it threw instead. */
export interface MemberFailure {
  readonly member: string;
  readonly thrown: unknown;
}

/**
 * Why members did not answer. If the certificate of one is not accepted, the reason comes from the
 * certificate itself, with the expiry date or the authority: this may take seconds.
 */
export function explainMembers(
  failures: readonly MemberFailure[],
  tls: TlsTexts | undefined,
): Promise<string[]> {
  return Promise.all(failures.map(async (each) => `${each.member}: ${await reasonOf(each, tls)}`));
}

async function reasonOf(
  { member, thrown }: MemberFailure,
  tls: TlsTexts | undefined,
): Promise<string> {
  const isAnswer = thrown instanceof Reason || thrown instanceof EtcdRefusal;
  if (tls === undefined || isAnswer) return explainEtcd(thrown);
  const { hostname, port } = new URL(member);
  const server = { host: hostname, port: Number(port || HTTPS_PORT) };
  return await explainServer(textOf(thrown), server, tls) ?? explainEtcd(thrown);
}
