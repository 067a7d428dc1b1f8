import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { zmqDriver } from "../../support/zmq_drivers.ts";

pubSubContract("zmq", (overrides) => zmqDriver(overrides));
