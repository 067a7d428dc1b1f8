import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { etcdDriver } from "../../support/etcd/driver.ts";
import { EtcdServer } from "../../support/etcd/server.ts";

const server = await EtcdServer.start();

pubSubContract("etcd", (overrides) => etcdDriver(server.addresses, overrides));
endAfterTests(server);
