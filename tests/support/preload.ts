// Runs before each test module. Loading libzmq and libssl here means that they are no leak of the
// first test that uses them. They stay loaded until the process ends, because threads and connections
// may outlive a context.
import { loadLibssl } from "../../drivers/_internal/libssl/library.ts";
import { loadLibzmq } from "../../drivers/_internal/libzmq/libzmq_library.ts";

loadLibssl();
loadLibzmq("");
loadLibzmq("libzmq.so.5");

// Child processes of tests inherit these variables: the machine's own configuration must not affect
// them.
Deno.env.set("DF_PUBSUB_CONFIG", "/dev/null");
