import { Reason } from "../reason.ts";
import { explainServer } from "../tls/explain_server.ts";
import type { TlsTexts } from "../tls/tls_files.ts";
import { EtcdRefusal, explainEtcd, textOf } from "./errors.ts";

const HTTPS_PORT = 443;

/**
 * Why a member did not answer. If its certificate is not accepted, the reason comes from the
 * certificate itself, with the expiry date or the authority.
 */
export async function explainMember(
  thrown: unknown,
  member: string,
  tls: TlsTexts | undefined,
): Promise<string> {
  const isAnswer = thrown instanceof Reason || thrown instanceof EtcdRefusal;
  if (tls === undefined || isAnswer) return explainEtcd(thrown);
  const { hostname, port } = new URL(member);
  const server = { host: hostname, port: Number(port || HTTPS_PORT) };
  return await explainServer(textOf(thrown), server, tls) ?? explainEtcd(thrown);
}
