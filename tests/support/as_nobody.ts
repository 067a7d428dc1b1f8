import { openLibc } from "../../drivers/_internal/libc.ts";

const NOBODY = 65534;

/** Switches this process from root to the account "nobody". Imports after the switch may fail. */
export function becomeNobody(): void {
  using libc = openLibc({
    setgroups: { parameters: ["usize", "pointer"], result: "i32" },
    setgid: { parameters: ["u32"], result: "i32" },
    setuid: { parameters: ["u32"], result: "i32" },
  });
  const { setgroups, setgid, setuid } = libc.symbols;
  if (setgroups(0n, null) !== 0 || setgid(NOBODY) !== 0 || setuid(NOBODY) !== 0) {
    throw new Error("cannot become nobody: only root can");
  }
}
