import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

pubSubContract("zmq_multiproc", (overrides, directory) => zmqMultiprocDriver(directory, overrides));
