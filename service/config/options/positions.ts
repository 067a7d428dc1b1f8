import { floatOption, type OptionDef } from "../../../drivers/contract/option.ts";

/** `[df] pub_sub_hello_interval`, in seconds. */
export const pubSubHelloInterval: OptionDef<number> = floatOption({
  group: "df",
  name: "pub_sub_hello_interval",
  min: 0,
  max: 3600,
  default: "1",
  unit: "seconds",
  help: "How often a publisher says where each topic stands, so that losses show; 0 never does",
});

/** The options of positions on the publishers' side. */
export const positionOptions: readonly OptionDef[] = [pubSubHelloInterval];
