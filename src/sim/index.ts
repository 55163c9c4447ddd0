/** The simulator: programs run over packets without root, without libLLVM and without a kernel. */
export { findProgram, metadataOf, simulatePackets, virtualTime } from "./test-run.js";
export { reproducible, type Reproducible } from "./reproducible.js";
