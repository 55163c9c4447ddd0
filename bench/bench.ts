/** `./dev bench [NAME…]`: xdpl beside clang. Without names everything is measured; `build`, `growth` and `check` are names too. */
import { probeBpf } from "../src/loader/index.js";
import { measureBuild, measureGrowth } from "./builds.js";
import { measureCheck } from "./check.js";
import { loads } from "./loads.js";
import { measurePrograms } from "./programs.js";

const asked = process.argv.slice(2);
const log = (line: string): void => console.log(`${line}\n`);
const wanted = (name: string): boolean => asked.length === 0 || asked.includes(name);
const names = Object.keys(loads).filter(wanted);

if (names.length > 0) {
  const refused = probeBpf();
  if (refused) log(`No programs are measured: ${refused.message}`);
  else measurePrograms(names, log);
}
if (wanted("build")) measureBuild("firewall", log);
if (wanted("growth")) measureGrowth(log);
if (wanted("check")) measureCheck(log);
