import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";

pubSubContract("zmq", (overrides) => zmqDriver(overrides));
