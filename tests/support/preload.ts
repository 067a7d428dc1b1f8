// Runs before each test module. Loading libzmq here means that it is no leak of the first test that
// uses it. It stays loaded until the process ends, because its threads may outlive a context.
import { loadLibzmq } from "../../drivers/_internal/libzmq/libzmq_library.ts";

loadLibzmq("");
loadLibzmq("libzmq.so.5");

// Child processes of tests inherit these variables: the machine's own configuration must not affect
// them.
Deno.env.set("DF_PUBSUB_CONFIG", "/dev/null");
