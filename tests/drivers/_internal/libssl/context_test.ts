import assert from "node:assert/strict";
import { TlsContext, type TlsIdentity } from "../../../../drivers/_internal/libssl/context.ts";
import { makeTlsFiles } from "../../../support/tls_files.ts";

Deno.test("TlsContext refuses texts by their part, when any certificate in them is damaged", async () => {
  await using files = await makeTlsFiles();
  const read = (path: string) => Deno.readTextFileSync(path);
  const [authorities, certificate] = [read(files.authority.cert), read(files.server.cert)];
  const key = read(files.server.key);
  const damaged = authorities.replace("MII", "M*I");
  const refuses = (change: Partial<TlsIdentity>, part: string) => {
    const identity = { authorities, certificate, key, minVersion: "1.3", ...change } as const;
    assert.throws(() => new TlsContext(identity), { part });
  };
  refuses({ authorities: authorities + damaged }, "authorities");
  refuses({ authorities: damaged + authorities }, "authorities");
  refuses({ certificate: certificate + damaged }, "certificate");
  refuses({ certificate: authorities }, "key");
  refuses({ key: certificate }, "key");
});
