import { dbContract } from "../../contract/db_contract.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { openEtcdAt } from "../../support/etcd/db.ts";
import { EtcdServer } from "../../support/etcd/server.ts";

for (const members of [1, 3]) {
  const server = await EtcdServer.start({ members });

  dbContract(`etcd database of ${members} members`, async () => {
    await server.empty();
    const clients = new AsyncDisposableStack();
    const another = async () => clients.use(await openEtcdAt(server.addresses));
    return { db: await another(), another, [Symbol.asyncDispose]: () => clients.disposeAsync() };
  });

  endAfterTests(server);
}
