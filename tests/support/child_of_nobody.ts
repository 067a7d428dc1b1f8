import { startProgram } from "../../cli/terminal/child_program.ts";
import { becomeNobody } from "./as_nobody.ts";

// Prints the directory in which a program of the account "nobody" runs.
becomeNobody();
const { failure } = startProgram(["/bin/pwd"], { env: {}, stdin: "" });
console.log(`failure: ${await failure}`);
