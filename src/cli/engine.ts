/** `--engine`: where programs run. */
import { usage } from "./failure.js";

export type Engine = "sim" | "kernel" | "both";

export function engineOf(text: string | undefined): Engine | undefined {
  switch (text) {
    case undefined:
    case "sim":
    case "kernel":
    case "both":
      return text;
    default:
      throw usage(`there is no engine \`${text}\``, "it is `sim`, `kernel` or `both`");
  }
}
