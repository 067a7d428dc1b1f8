import { pubSubContract } from "../../contract/pubsub_contract.ts";
import { libzmqDriver, libzmqMultiprocDriver } from "../../support/zmq/libzmq_drivers.ts";

pubSubContract("libzmq", (overrides) => libzmqDriver(overrides));
pubSubContract(
  "libzmq_multiproc",
  (overrides, directory) => libzmqMultiprocDriver(directory, overrides),
);
