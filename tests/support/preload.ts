// Runs before each test module. libzmq stays loaded until the process ends, since its threads may
// outlive a context; loaded here, it is no leak of the test that happens to use it first.
import { loadLibzmq } from "../../drivers/_internal/libzmq/libzmq_library.ts";

loadLibzmq("");
loadLibzmq("libzmq.so.5");

// Processes of tests inherit it: what the machine is configured with must not count.
Deno.env.set("DF_PUBSUB_CONFIG", "/dev/null");
