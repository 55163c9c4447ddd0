import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LoaderError, openPinnedLink } from "../../loader/index.js";
import { namesIn } from "./record.js";

/** Detaches all links below a deployment's folder, at once, and takes the folder away. Fine with what is half there. */
export function removeDeployment(folder: string): void {
  if (!existsSync(folder)) return;
  for (const file of namesIn(join(folder, "links"))) {
    const path = join(folder, "links", file);
    try {
      const link = openPinnedLink(path);
      try {
        link.detach();
      } finally {
        link.close();
      }
    } catch (failure) {
      // Taking the pin away detaches too, a moment later.
      if (!(failure instanceof LoaderError) || failure.kind === "no-privileges") throw failure;
    }
  }
  rmSync(folder, { recursive: true, force: true });
}
