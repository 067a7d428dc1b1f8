import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { endAfterTests } from "../../support/end_after_tests.ts";
import { makeTlsFiles } from "../../support/tls_files.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import { bothEnds } from "../../support/zmq/zmq_tls.ts";

const files = await makeTlsFiles();

pubSubContract("zmq with TLS", (overrides) => zmqDriver({ ...bothEnds(files), ...overrides }));

endAfterTests(files);
