import { hostName } from "../../drivers/_internal/host_name.ts";
import { becomeNobody } from "./as_nobody.ts";

// Prints what the account "nobody" finds as the name of this host.
becomeNobody();
console.log(await hostName());
